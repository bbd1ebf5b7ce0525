"""Random models of one element-wise operator: unary tables, MUL, SUB, MAXIMUM, MINIMUM, the edges."""

from __future__ import annotations

from collections.abc import Callable

from model_parts import Maker, activation, finish, random_shape, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import AddOptions, LeakyReluOptions, Options

Outer = Callable[[Generator, float, int], tuple[float, int]]
"""Quantization of the output for that of the input."""


def _unary(
    operator: str, output: Outer, options: Callable[[Generator], Options | None] | None = None
) -> Maker:
    def make(rng: Generator) -> bytes:
        writer, graph = start(operator.lower())
        shape = random_shape(rng, int(rng.integers(1, 5)))
        in_scale, in_zero_point = scale(rng, 0.004, 0.3), zero_point(rng)
        x = graph.input("x", shape, scale=in_scale, zero_point=in_zero_point)
        out_scale, out_zero_point = output(rng, in_scale, in_zero_point)
        y = graph.tensor("y", shape, scale=out_scale, zero_point=out_zero_point)
        graph.operator(operator, [x], [y], options(rng) if options else None)
        return finish(writer, graph, y)

    return make


def _rescaled(rng: Generator, in_scale: float, _zero_point: int) -> tuple[float, int]:
    return in_scale * float(rng.uniform(0.3, 3)), zero_point(rng)


def _same(_rng: Generator, in_scale: float, in_zero_point: int) -> tuple[float, int]:
    return in_scale, in_zero_point


def _alpha(rng: Generator) -> LeakyReluOptions:
    return LeakyReluOptions(float(rng.uniform(0.001, 1.5)))


def _binary(operator: str, is_same: bool, has_activation: bool) -> Maker:
    def make(rng: Generator) -> bytes:
        writer, graph = start(operator.lower())
        shape = random_shape(rng, int(rng.integers(1, 5)))
        scales = [scale(rng, 0.004, 0.2) for _ in range(2)]
        points = [zero_point(rng) for _ in range(2)]
        if is_same:
            scales, points = [scales[0]] * 2, [points[0]] * 2
        narrow = tuple(1 if rng.integers(3) == 0 else size for size in shape)
        shapes = [shape, shape if rng.integers(2) else narrow]
        first = int(rng.integers(2))
        operands = []
        for position in range(2):
            quantization = {"scale": scales[position], "zero_point": points[position]}
            own = shapes[position ^ first]
            if position == 1 and rng.integers(4) == 0:
                data = rng.integers(-128, 128, own)
                operands.append(graph.tensor("constant", own, data=data, **quantization))
            else:
                operands.append(graph.input(f"x{position}", own, **quantization))
        product = scales[0] * scales[1] * 100 if operator == "MUL" else max(scales)
        out_scale = scales[0] if is_same else product * float(rng.uniform(0.5, 2.5))
        y = graph.tensor("y", shape, scale=out_scale, zero_point=points[0] if is_same else zero_point(rng))
        graph.operator(operator, operands, [y], AddOptions(activation(rng)) if has_activation else None)
        return finish(writer, graph, y)

    return make


def quantize_to_unsigned(rng: Generator) -> bytes:
    """QUANTIZE int8 → uint8 or back, as at the end of a model with an unsigned output."""
    writer, graph = start("quantize_to_unsigned")
    types = ["int8", "uint8"] if rng.integers(2) else ["uint8", "int8"]
    points = [int(rng.integers(0, 256)) if kind == "uint8" else zero_point(rng) for kind in types]
    in_scale = scale(rng)
    out_scale = in_scale if rng.integers(2) else in_scale * float(rng.uniform(0.3, 3))
    x = graph.input("x", (1, 64), types[0], scale=in_scale, zero_point=points[0])
    y = graph.tensor("y", (1, 64), types[1], scale=out_scale, zero_point=points[1])
    graph.operator("QUANTIZE", [x], [y])
    return finish(writer, graph, y)


def float_edges(rng: Generator) -> bytes:
    """QUANTIZE from float32, an operator, DEQUANTIZE to float32."""
    writer, graph = start("float_edges")
    shape = random_shape(rng, 3)
    floating = graph.input("floating", shape, "float32")
    quantizations = [{"scale": scale(rng, 0.005, 0.05), "zero_point": zero_point(rng)} for _ in range(2)]
    x, y = (graph.tensor(name, shape, **q) for name, q in zip("xy", quantizations, strict=True))
    result = graph.tensor("result", shape, "float32")
    graph.operator("QUANTIZE", [floating], [x])
    graph.operator("RELU", [x], [y])
    graph.operator("DEQUANTIZE", [y], [result])
    return finish(writer, graph, result)


def relu6(rng: Generator) -> bytes:
    """Zero points up to 127 put six out of the range of int8, too."""
    return _unary("RELU6", _same)(rng)


MODELS: dict[str, Maker] = {
    "relu": _unary("RELU", _rescaled),
    "relu6": relu6,
    "leaky_relu": _unary("LEAKY_RELU", _rescaled, _alpha),
    "tanh": _unary("TANH", lambda rng, s, z: (1 / 128, 0)),
    "hard_swish": _unary("HARD_SWISH", lambda rng, s, z: (s * float(rng.uniform(0.4, 1.5)), zero_point(rng))),
    "mul": _binary("MUL", is_same=False, has_activation=True),
    "sub": _binary("SUB", is_same=False, has_activation=True),
    "maximum": _binary("MAXIMUM", is_same=True, has_activation=False),
    "minimum": _binary("MINIMUM", is_same=True, has_activation=False),
    "quantize_to_unsigned": quantize_to_unsigned,
    "float_edges": float_edges,
}
"""Name → maker of a random .tflite."""
