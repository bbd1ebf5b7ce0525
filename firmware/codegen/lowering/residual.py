"""FULLY_CONNECTED followed by the ADD of a residual becomes one operation.

It works on the lowered program, because there it is known where every tensor lies: nobody but the ADD may see
the layer's output, and the layer's input may not lie where the sum goes.
"""

from __future__ import annotations

from dataclasses import replace

from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.operations import Add, FullyConnected, FullyConnectedAdd, Operation
from skipstone.firmware.codegen.packing.fully_connected_add import HALF
from skipstone.firmware.codegen.program import Program


def fuse_residual_adds(program: Program) -> None:
    """Join every layer with the residual sum right behind it, where all kernel variants are exact."""
    readers: dict[Buffer, list[Operation]] = {}
    for operation in program.timeline():
        for span in operation.reads():
            readers.setdefault(span.buffer, []).append(operation)
    for function in program.functions():
        fused: list[Operation] = []
        for operation in function.operations:
            layer = fused[-1] if fused else None
            joined = None
            if isinstance(layer, FullyConnected) and isinstance(operation, Add):
                joined = _join(layer, operation, readers)
            if joined is None:
                fused.append(operation)
            else:
                fused[-1] = joined
        function.operations = fused


def _join(
    layer: FullyConnected, add: Add, readers: dict[Buffer, list[Operation]]
) -> FullyConnectedAdd | None:
    ordered = add if add.b == layer.output else _swapped(add)
    own = layer.output.buffer
    is_own = own.role == Role.ARENA and (add.output == layer.output or readers[own] == [add])
    r, p = layer.requantization, ordered.parameters
    is_residual = (p.a_multiplier, p.a_shift) == (HALF, 0) and p.b_shift < 0 and p.output_shift < 0
    is_plain = (r.low, r.high) == (-128, 127) and layer.weight_bits == 8
    if ordered.b != layer.output or not (is_own and is_residual and is_plain):
        return None
    if _overlap(layer.input, add.output):
        return None
    return FullyConnectedAdd(layer.name, layer.origin, layer, ordered)


def _swapped(add: Add) -> Add:
    """The same sum with its operands exchanged; each keeps its own rescaling, so the bytes are the same."""
    p = add.parameters
    parameters = replace(
        p,
        a_zero_point=p.b_zero_point,
        a_multiplier=p.b_multiplier,
        a_shift=p.b_shift,
        b_zero_point=p.a_zero_point,
        b_multiplier=p.a_multiplier,
        b_shift=p.a_shift,
    )
    return replace(add, a=add.b, b=add.a, parameters=parameters)


def _overlap(a: Span, b: Span) -> bool:
    return a.buffer is b.buffer and a.offset < b.offset + b.bytes and b.offset < a.offset + a.bytes
