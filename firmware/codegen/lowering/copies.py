"""Operations that move bytes: contiguous copies where it is possible, boxes where it is not."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operations import Copy, KernelCall, Operation
from skipstone.firmware.codegen.packing.copy_strided import pack_copy_strided, strided_copies


def copy_span(source: Span, target: Span, name: str, node: Node) -> list[Operation]:
    """A contiguous copy; nothing where both spans are the same memory."""
    return [] if source == target else [Copy(name, node.origin, source, target)]


def copy_elements(
    source: Span, elements: NDArray[np.int64], target: Span, places: NDArray[np.int64], name: str, node: Node
) -> list[Operation]:
    """Move element ``elements[i]`` of ``source`` to ``places[i]`` of ``target``; both have one width."""
    operations: list[Operation] = []
    width = source.buffer.width
    for copy in (box.in_bytes(width) for box in strided_copies(elements, places)):
        size = width if copy.axes else copy.run
        read = Span(source.buffer, source.offset + copy.source, size)
        write = Span(target.buffer, target.offset + copy.target, size)
        if copy.axes:
            operations.append(KernelCall(name, node.origin, (read,), write, partial(pack_copy_strided, copy)))
        else:
            operations.append(Copy(name, node.origin, read, write))
    return operations
