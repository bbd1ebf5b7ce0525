"""Output shapes of operators, as they follow from the shapes of inputs, constants and options.

Integer model and code generation both hold a file to these. TFLM believes the file where it does not need to
know better; a contradiction then reads or leaves memory that nobody meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from skipstone.quantize.arithmetic.strided_slice import strided_indices
from skipstone.quantize.arithmetic.windows import window_positions

Shape = tuple[int, ...]
Pair = tuple[int, int]


def broadcast(*shapes: Shape) -> Shape:
    """Element by element, axes of size 1 repeated.

    Raises:
        ValueError: two sizes of an axis differ and neither is 1.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        shown = " and ".join(str(list(shape)) for shape in shapes)
        raise ValueError(f"broadcast of {shown}") from error


def windows(image: Shape, kernel: Pair, stride: Pair, dilation: Pair, padding: str) -> Pair:
    """Windows of an image [N, H, W, C] along height and width; one output position each.

    Raises:
        ValueError: the image is not of rank 4, or no window fits.
    """
    if len(image) != 4:
        raise ValueError(f"an image of shape {list(image)}, not of rank 4")
    rows, columns = (
        window_positions(image[1 + i], kernel[i], stride[i], dilation[i], padding)[0] for i in range(2)
    )
    return rows, columns


def fully_connected(source: Shape, weights: Shape, output: Shape) -> Shape:
    """Rows of ``in`` elements by weights [out, in]; the file chooses how many axes the rows have.

    Source: ``reference_integer_ops::FullyConnected`` takes the last axis of ``output`` for the units and
    the product of the others for the number of rows.

    Raises:
        ValueError: the weights are no matrix, or the input does not consist of such rows.
    """
    if len(weights) != 2:
        raise ValueError(f"weights {list(weights)} that are no matrix")
    rows, rest = divmod(prod(source), weights[1])
    if rest:
        raise ValueError(f"weights {list(weights)} for an input {list(source)}")
    units = weights[0]
    is_free = bool(output) and output[-1] == units and prod(output[:-1]) == rows
    return output if is_free else (rows, units)


def matrix_product(a: Shape, b: Shape, adj_x: bool, adj_y: bool) -> Shape:
    """BATCH_MATMUL: the last two axes are matrices, swapped first where asked; the others are broadcast.

    Raises:
        ValueError: an operand is no matrix, or the inner sizes differ.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("an operand that is no matrix")
    rows, depth = a[:-3:-1] if adj_x else a[-2:]
    inner, columns = b[:-3:-1] if adj_y else b[-2:]
    if depth != inner:
        raise ValueError(f"inner sizes {depth} and {inner}")
    return (*broadcast(a[:-2], b[:-2]), rows, columns)


def reduced(source: Shape, axes: Sequence[int], rank: int) -> Shape:
    """MEAN over ``axes``; they stay with size 1 where the output has the ``rank`` of the input.

    Raises:
        ValueError: an axis that the input does not have.
    """
    reduced_axes = {_axis(axis, len(source)) for axis in axes}
    if rank == len(source):
        return tuple(1 if axis in reduced_axes else size for axis, size in enumerate(source))
    return tuple(size for axis, size in enumerate(source) if axis not in reduced_axes)


def concatenated(parts: Sequence[Shape], axis: int) -> Shape:
    """CONCATENATION along ``axis``.

    Raises:
        ValueError: the parts differ in another axis, or do not have this one.
    """
    first = parts[0]
    axis = _axis(axis, len(first))
    if any(len(part) != len(first) or _without(part, axis) != _without(first, axis) for part in parts):
        raise ValueError(f"parts {', '.join(str(list(part)) for part in parts)} side by side on axis {axis}")
    return (*first[:axis], sum(part[axis] for part in parts), *first[axis + 1 :])


def packed(parts: Sequence[Shape], axis: int) -> Shape:
    """PACK: the parts along a new axis.

    Raises:
        ValueError: the parts differ, or the output has no such axis.
    """
    if len(set(parts)) > 1:
        raise ValueError(f"parts {', '.join(str(list(part)) for part in parts)} of one output")
    axis = _axis(axis, len(parts[0]) + 1)
    return (*parts[0][:axis], len(parts), *parts[0][axis:])


def unpacked(source: Shape, axis: int, count: int) -> list[Shape]:
    """UNPACK: ``count`` slices along ``axis``, without it.

    Raises:
        ValueError: the axis does not have that size.
    """
    axis = _axis(axis, len(source))
    if source[axis] != count:
        raise ValueError(f"{count} parts of {list(source)} along axis {axis}")
    return [_without(source, axis)] * count


def split(source: Shape, axis: int, sizes: Sequence[int]) -> list[Shape]:
    """SPLIT and SPLIT_V: parts of the given sizes along ``axis``; one may be −1, the rest.

    Raises:
        ValueError: the sizes do not add up to the axis.
    """
    axis = _axis(axis, len(source))
    rest = source[axis] - sum(size for size in sizes if size != -1)
    known = [rest if size == -1 else size for size in sizes]
    if min(known) < 1 or sum(known) != source[axis]:
        raise ValueError(f"parts of sizes {list(sizes)} of {list(source)} along axis {axis}")
    return [(*source[:axis], size, *source[axis + 1 :]) for size in known]


def gathered(source: Shape, indices: Shape, axis: int) -> Shape:
    """GATHER: the axes of the indices take the place of ``axis``.

    Raises:
        ValueError: an axis that the input does not have.
    """
    axis = _axis(axis, len(source))
    return (*source[:axis], *indices, *source[axis + 1 :])


def reshaped(source: Shape, output: Shape) -> Shape:
    """RESHAPE: the file's shape, as TFLM takes it; the shape operand and the option are not read.

    Raises:
        ValueError: another number of elements.
    """
    if prod(source) != prod(output):
        raise ValueError(f"{list(source)} does not turn into {list(output)}")
    return output


def transposed(source: Shape, permutation: Sequence[int]) -> Shape:
    """TRANSPOSE: axis ``i`` is axis ``permutation[i]`` of the input.

    Raises:
        ValueError: no permutation of the axes.
    """
    if sorted(permutation) != list(range(len(source))):
        raise ValueError(f"permutation {list(permutation)} of {list(source)}")
    return tuple(source[axis] for axis in permutation)


def sliced(source: Shape, begin: Sequence[int], size: Sequence[int]) -> Shape:
    """SLICE; a size of −1 reaches to the end.

    Raises:
        ValueError: the slice leaves the input or is empty.
    """
    problem = f"begin {list(begin)} and size {list(size)} of {list(source)}"
    if not len(begin) == len(size) == len(source):
        raise ValueError(problem)
    known = [
        whole - b if length == -1 else length for b, length, whole in zip(begin, size, source, strict=True)
    ]
    if not all(
        b >= 0 and length >= 1 and b + length <= whole
        for b, length, whole in zip(begin, known, source, strict=True)
    ):
        raise ValueError(problem)
    return tuple(known)


def strided_slice(
    source: Shape, bounds: Sequence[Sequence[int]], masks: tuple[int, int], shrink_axis_mask: int
) -> Shape:
    """STRIDED_SLICE.

    Args:
        source: the input.
        bounds: begin, end and stride, one number an axis each.
        masks: ``begin_mask`` and ``end_mask``, a bit an axis: begin and end are ignored.
        shrink_axis_mask: a bit an axis: only the element at begin is kept, without the axis.

    Raises:
        ValueError: bounds of another number of axes, or a stride of 0.
    """
    if any(len(numbers) != len(source) for numbers in bounds):
        raise ValueError(f"begin, end and strides of {list(source)}")
    kept = []
    for axis, (size, begin, end, stride) in enumerate(zip(source, *bounds, strict=True)):
        is_open = (bool(masks[0] >> axis & 1), bool(masks[1] >> axis & 1))
        indices = strided_indices(size, (begin, end, stride), is_open, False)
        if not shrink_axis_mask >> axis & 1:
            kept.append(len(indices))
    return tuple(kept)


def padded(source: Shape, widths: Sequence[Sequence[int]]) -> Shape:
    """PAD: ``widths`` are elements before and after, a pair an axis.

    Raises:
        ValueError: another number of axes, or a negative width.
    """
    if len(widths) != len(source) or any(len(pair) != 2 or min(pair) < 0 for pair in widths):
        raise ValueError(f"paddings {[list(pair) for pair in widths]} of {list(source)}")
    return tuple(size + sum(pair) for size, pair in zip(source, widths, strict=True))


def _axis(axis: int, rank: int) -> int:
    """An axis counted from the front; negative ones count from the end."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} of rank {rank}")
    return axis % rank


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])
