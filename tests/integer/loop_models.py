"""Random models of loops: WHILE that counts, WHILE that asks the data, int32 operators of counters."""

from __future__ import annotations

import numpy as np
from model_parts import Maker, finish, int32, random_shape, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import AddOptions, FullyConnectedOptions, SvdfOptions, WhileOptions
from skipstone.quantize.tflite.writer import SubgraphWriter

OTHER_SCALE, SHAPE = 0.2, (1, 6)


def _counter(graph: SubgraphWriter, name: str, data: int | None = None) -> int:
    return graph.tensor(name, (1,), "int32", data=None if data is None else [data])


def counted_loop(rng: Generator) -> bytes:
    """Two values change places, one of them goes through a layer; the limit is a constant or handed on."""
    writer, main = start("counted_loop")
    condition, body = writer.subgraph("condition"), writer.subgraph("body")
    begin, step, limit = int(rng.integers(-5, 5)), int(rng.integers(1, 4)), int(rng.integers(-2, 20))
    quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
    hands_on_limit, is_greater = bool(rng.integers(2)), bool(rng.integers(2))
    order = rng.permutation(4 if hands_on_limit else 3)
    names = np.array(["a", "b", "counter", "limit"])[order]

    given = {"a": main.input("a", SHAPE, **quantization), "b": main.input("b", SHAPE, **quantization)}
    given |= {"counter": _counter(main, "begin", begin), "limit": _counter(main, "end", limit)}
    results = {name: main.tensor(f"{name}/last", SHAPE, **quantization) for name in ("a", "b")}
    results |= {name: _counter(main, f"{name}/last") for name in ("counter", "limit")}
    inner = []
    for graph in (condition, body):
        tensors = {}
        for name in names:
            if name in ("a", "b"):
                tensors[name] = graph.input(name, SHAPE, **quantization)
            else:
                tensors[name] = graph.input(name, (1,), "int32")
        inner.append(tensors)

    bound = inner[0].get("limit", -1) if hands_on_limit else _counter(condition, "bound", limit)
    sides = [inner[0]["counter"], bound]
    more = condition.tensor("more", (1,), "bool")
    condition.operator("GREATER" if is_greater else "LESS", sides[::-1] if is_greater else sides, [more])
    condition.set_outputs(more)

    out = dict(inner[1])
    weight = body.tensor("weight", (6, 6), scale=0.01, data=rng.integers(-127, 128, (6, 6)))
    bias = body.tensor("bias", (6,), "int32", data=rng.integers(-500, 500, 6))
    out["a"] = body.tensor("a/next", SHAPE, **quantization)
    body.operator(
        "FULLY_CONNECTED", [inner[1]["b"], weight, bias], [out["a"]], FullyConnectedOptions("none", True)
    )
    kind = int(rng.integers(3))
    if kind == 0:  # the bytes of one become the other's
        out["b"] = inner[1]["a"]
    elif kind == 1:
        out["b"] = body.tensor("b/next", SHAPE, **quantization)
        body.operator("ADD", [inner[1]["a"], inner[1]["b"]], [out["b"]], AddOptions())
    out["counter"] = _counter(body, "counter/next")
    addends = [inner[1]["counter"], _counter(body, "step", step)]
    body.operator("ADD", addends[:: int(rng.choice([1, -1]))], [out["counter"]], AddOptions())
    body.set_outputs(*(out[name] for name in names))

    main.operator(
        "WHILE",
        [given[name] for name in names],
        [results[name] for name in names],
        WhileOptions(condition.index, body.index),
    )
    y = main.tensor("y", SHAPE, scale=OTHER_SCALE, zero_point=zero_point(rng))
    main.operator("ADD", [results["a"], results["b"]], [y], AddOptions())
    return finish(writer, main, y)


def loop_with_a_state(rng: Generator) -> bytes:
    """SVDF inside a loop: its state moves on at every iteration."""
    writer, main = start("loop_with_a_state")
    condition, body = writer.subgraph("condition"), writer.subgraph("body")
    quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
    size, memory, count = 5, int(rng.integers(1, 5)), int(rng.integers(1, 4))
    x = main.input("x", (1, size), **quantization)
    results = [main.tensor("y", (1, size), **quantization), _counter(main, "last")]
    for graph in (condition, body):
        graph.input("x", (1, size), **quantization)
        graph.input("counter", (1,), "int32")
    more = condition.tensor("more", (1,), "bool")
    condition.operator("LESS", [1, _counter(condition, "bound", count)], [more])
    condition.set_outputs(more)
    feature = body.tensor("feature", (size, size), scale=0.01, data=rng.integers(-127, 128, (size, size)))
    time = body.tensor("time", (size, memory), scale=0.02, data=rng.integers(-127, 128, (size, memory)))
    bias = body.tensor("bias", (size,), "int32", scale=0.05 * 0.02, data=rng.integers(-500, 500, size))
    state = body.tensor("state", (1, size * memory), scale=0.05, is_variable=True)
    following = [body.tensor("x/next", (1, size), **quantization), _counter(body, "counter/next")]
    body.operator("SVDF", [0, feature, time, bias, state], [following[0]], SvdfOptions(1))
    body.operator("ADD", [1, _counter(body, "step", 1)], [following[1]], AddOptions())
    body.set_outputs(*following)
    main.operator("WHILE", [x, _counter(main, "begin", 0)], results, WhileOptions(1, 2))
    return finish(writer, main, results[0])


def loop_until(rng: Generator) -> bytes:
    """The number of iterations depends on the input, so no C is made of it."""
    writer, main = start("loop_until")
    condition, body = writer.subgraph("condition"), writer.subgraph("body")
    quantization = {"scale": scale(rng, 0.01, 0.3), "zero_point": int(rng.integers(-40, 40))}
    x, y = main.input("x", (1,), **quantization), main.tensor("y", (1,), **quantization)
    for graph in (condition, body):
        graph.input("x", (1,), **quantization)
    limit = condition.tensor("limit", (1,), scale=0.1, data=[int(rng.integers(-30, 30))])
    more, nearer = condition.tensor("more", (1,), "bool"), body.tensor("x/next", (1,), **quantization)
    condition.operator("GREATER", [0, limit], [more])
    condition.set_outputs(more)
    step = body.tensor("step", (1,), scale=quantization["scale"], data=[-int(rng.integers(2, 9))])
    body.operator("ADD", [0, step], [nearer], AddOptions())
    body.set_outputs(nearer)
    main.operator("WHILE", [x], [y], WhileOptions(condition.index, body.index))
    return finish(writer, main, y)


def less(rng: Generator) -> bytes:
    """LESS on int8 with two quantizations, or on int32."""
    writer, graph = start("less")
    shape, dtype = random_shape(rng, 2), str(rng.choice(["int8", "int32"]))
    operands = []
    for name in ("a", "b"):
        quantization = {"scale": scale(rng), "zero_point": zero_point(rng)} if dtype == "int8" else {}
        operands.append(graph.input(name, shape, dtype, **quantization))
    y = graph.tensor("y", shape, "bool")
    graph.operator("LESS", operands, [y])
    return finish(writer, graph, y)


def add_int32(rng: Generator) -> bytes:
    """Sums of counters; they wrap around."""
    writer, graph = start("add_int32")
    x, y = graph.input("x", (3,), "int32"), graph.tensor("y", (3,), "int32")
    other = int32(graph, "other", rng.integers(-(1 << 31), 1 << 31, 3).tolist())
    graph.operator("ADD", [x, other], [y], AddOptions())
    return finish(writer, graph, y)


WITHOUT_C = {"loop_until", "less", "add_int32"}
"""The first has no bound; of the others the outputs are bools or int32."""

MODELS: dict[str, Maker] = {
    maker.__name__: maker for maker in (counted_loop, loop_with_a_state, loop_until, less, add_int32)
}
"""Name → maker of a random .tflite."""
