"""Random models of IF: branches that compute, pass on, keep states, stand in each other and in loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from branch_parts import SHAPE, SIZE, Parts, model_of
from model_parts import Maker, finish, int32, scale, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import (
    AddOptions,
    ConcatenationOptions,
    FullyConnectedOptions,
    IfOptions,
    ReshapeOptions,
    SvdfOptions,
    VarHandleOptions,
    WhileOptions,
)

RELATIONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")


def branch_computes(rng: Generator) -> bytes:
    """Both branches compute, with layers of their own and an operand in common."""
    writer, (main, then, other) = model_of("branch_computes", rng, "then", "else")
    x = main.input()
    first = main.layer("first", x)
    then.graph.set_outputs(then.layer("y", then.add("sum", then.input(), then.input("first"))))
    a, b = other.input(), other.input("first")
    other.graph.set_outputs(other.add("y", other.layer("again", b), a))
    (y,) = main.branch("y", main.is_positive("bit", x), [x, first], (then, other))
    return finish(writer, main.graph, main.add("end", y, first))


def branch_passes(rng: Generator) -> bytes:
    """One branch hands its operand on, or a constant; the other one computes, or not."""
    writer, (main, *branches) = model_of("branch_passes", rng, "then", "else")
    kinds = list(rng.permutation(["pass", "constant", "layer"])[:2])
    for part, kind in zip(branches, kinds, strict=True):
        inner = part.input()
        makers = {
            "constant": part.constant,
            "layer": partial(part.layer, x=inner),
            "pass": lambda _, y=inner: y,
        }
        part.graph.set_outputs(makers[kind]("y"))
    x = main.input()
    operand = main.layer("first", x) if rng.integers(2) else x
    (y,) = main.branch("y", main.is_positive("bit", x), [operand], (branches[0], branches[1]))
    return finish(writer, main.graph, main.layer("end", y) if rng.integers(2) else y)


def weights_as_operand(rng: Generator) -> bytes:
    """TFLM runs it; nothing here does, because weights have to be constants of the layer's own subgraph."""
    writer, (main, then, other) = model_of("weights_as_operand", rng, "then", "else")
    x, shape = main.input(), (SIZE, SIZE)
    weights = main.graph.tensor("w", shape, scale=0.01, data=rng.integers(-127, 128, shape))
    for part in (then, other):
        operands = [part.input(), part.graph.input("w", shape, scale=0.01, zero_point=0)]
        part.graph.operator("FULLY_CONNECTED", operands, [part.tensor("y")], FullyConnectedOptions())
        part.graph.set_outputs(2)
    (y,) = main.branch("y", main.is_positive("bit", x), [x, weights], (then, other))
    return finish(writer, main.graph, y)


def branch_of_several_outputs(rng: Generator) -> bytes:
    """Operands change places, one tensor is given out twice, one output is read by nobody."""
    writer, (main, then, other) = model_of("branch_of_several_outputs", rng, "then", "else")
    x = main.input()
    operands = [x, main.layer("first", x)]
    a, b = then.input("a"), then.input("b")
    sum_ = then.add("sum", a, b)
    then.graph.set_outputs(b, a, sum_, sum_)
    a, b = other.input("a"), other.input("b")
    other.graph.set_outputs(a, other.layer("only", b), other.constant("constant"), a)
    results = main.branch("y", main.is_positive("bit", x), operands, (then, other), 4)
    return finish(writer, main.graph, main.add("end", results[0], main.add("part", results[1], results[2])))


def branch_in_branch(rng: Generator) -> bytes:
    """IF inside both branches of another; all share one subgraph that keeps a state."""
    names = ("then", "else", "shared", "pass")
    writer, (main, then, other, shared, passing) = model_of("branch_in_branch", rng, *names)
    shared.graph.set_outputs(shared.accumulate("state", shared.layer("y", shared.input())))
    passing.graph.set_outputs(passing.input())
    for part, inner in ((then, (shared, passing)), (other, (passing, shared))):
        x = part.input()
        bit = part.is_positive("inner", x, 1)
        operand = part.layer("before", x) if part is then else x
        part.graph.set_outputs(*part.branch("inside", bit, [operand], inner))
    x = main.input()
    (y,) = main.branch("y", main.is_positive("bit", x), [x], (then, other))
    (z,) = main.branch("z", main.is_positive("last", y), [y], (shared, passing))
    return finish(writer, main.graph, z)


def branch_with_a_state(rng: Generator) -> bytes:
    """A state that one branch adds to and the other reads; the main graph reads it before and after."""
    writer, (main, then, other) = model_of("branch_with_a_state", rng, "then", "else")
    x = main.input()
    before = main.read("state")[1]
    then.graph.set_outputs(then.accumulate("state", then.input()))
    other.input()
    other.graph.set_outputs(other.read("state")[1])
    (y,) = main.branch("y", main.is_positive("bit", x), [x], (then, other))
    after = main.read("state")[1] if rng.integers(2) else x
    return finish(writer, main.graph, main.add("end", main.add("part", before, y), after))


def branch_with_a_window(rng: Generator) -> bytes:
    """A window that moves on only if its branch runs; the main graph may read its rows afterwards."""
    writer, (main, then, other) = model_of("branch_with_a_window", rng, "then", "else")
    x, inner, rows = main.input(), then.input(), int(rng.integers(2, 5))
    window = (1, rows, SIZE)
    old, kept, whole = (
        then.tensor(name, (1, n, SIZE)) for name, n in (("old", rows), ("kept", rows - 1), ("whole", rows))
    )
    handle, new = then.graph.tensor("handle", (1,), "resource"), then.tensor("new", (1, 1, SIZE))
    then.graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("window"))
    then.graph.operator("READ_VARIABLE", [handle], [old])
    bounds = [int32(then.graph, "begin", [0, 1, 0]), int32(then.graph, "size", [1, rows - 1, SIZE])]
    then.graph.operator("SLICE", [old, *bounds], [kept])
    shape = int32(then.graph, "row", [1, 1, SIZE])
    then.graph.operator("RESHAPE", [then.layer("y", inner), shape], [new], ReshapeOptions((1, 1, SIZE)))
    then.graph.operator("CONCATENATION", [kept, new], [whole], ConcatenationOptions(axis=1))
    then.graph.operator("ASSIGN_VARIABLE", [handle, whole], [])
    depth = rows * SIZE
    weights = then.graph.tensor("w", (SIZE, depth), scale=0.01, data=rng.integers(-127, 128, (SIZE, depth)))
    flat, y = then.tensor("flat", (1, depth)), then.tensor("result")
    then.graph.operator(
        "RESHAPE", [whole, int32(then.graph, "all", [1, depth])], [flat], ReshapeOptions((1, depth))
    )
    then.graph.operator("FULLY_CONNECTED", [flat, weights], [y], FullyConnectedOptions())
    then.graph.set_outputs(y)
    other.graph.set_outputs(other.input())
    (y,) = main.branch("y", main.is_positive("bit", x), [x], (then, other))
    if rng.integers(2):
        handle, seen = main.graph.tensor("handle", (1,), "resource"), main.tensor("seen", window)
        main.graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("window"))
        main.graph.operator("READ_VARIABLE", [handle], [seen])
        row = main.tensor("row", (1, 1, SIZE))
        bounds = [int32(main.graph, "begin", [0, 0, 0]), int32(main.graph, "size", [1, 1, SIZE])]
        main.graph.operator("SLICE", [seen, *bounds], [row])
        oldest = main.tensor("oldest")
        main.graph.operator(
            "RESHAPE", [row, int32(main.graph, "flat", [1, SIZE])], [oldest], ReshapeOptions(SHAPE)
        )
        y = main.add("end", y, oldest)
    return finish(writer, main.graph, y)


def branch_without_outputs(rng: Generator) -> bytes:
    """A branch that only changes a state, the other one empty, and SVDF with a state of its own."""
    writer, (main, then, other) = model_of("branch_without_outputs", rng, "then", "else")
    x = main.input()
    inner = then.input()
    memory = int(rng.integers(1, 4))
    feature = then.graph.tensor(
        "feature", (SIZE, SIZE), scale=0.01, data=rng.integers(-127, 128, (SIZE, SIZE))
    )
    time = then.graph.tensor("time", (SIZE, memory), scale=0.02, data=rng.integers(-127, 128, (SIZE, memory)))
    bias = then.graph.tensor("bias", (SIZE,), "int32", scale=0.05 * 0.02, data=rng.integers(-500, 500, SIZE))
    own = then.graph.tensor("own", (1, SIZE * memory), scale=0.05, is_variable=True)
    filtered = then.tensor("filtered")
    then.graph.operator("SVDF", [inner, feature, time, bias, own], [filtered], SvdfOptions(1))
    then.accumulate("state", filtered)
    then.graph.set_outputs()
    other.input()
    other.graph.set_outputs()
    main.branch("y", main.is_positive("bit", x), [x], (then, other), 0)
    return finish(writer, main.graph, main.add("end", x, main.read("state")[1]))


def branch_in_a_loop(rng: Generator) -> bytes:
    """IF in the body of a loop that counts: the number of layers that a value goes through depends on it."""
    names = ("condition", "body", "then", "else")
    writer, (main, condition, body, then, other) = model_of("branch_in_a_loop", rng, *names)
    count = int(rng.integers(1, 5))
    x, y = main.input(), main.tensor("y")
    begin = main.graph.tensor("begin", (1,), "int32", data=[0])
    for part in (condition, body):
        part.input()
        part.graph.input("counter", (1,), "int32")
    more = condition.graph.tensor("more", (1,), "bool")
    end = condition.graph.tensor("end", (1,), "int32", data=[count])
    condition.graph.operator("LESS", [1, end], [more])
    condition.graph.set_outputs(more)
    for part in (then, other):
        inner = part.input()
        part.graph.set_outputs(part.layer("layer", inner) if part is then or rng.integers(2) else inner)
    (turned,) = body.branch("turned", body.is_positive("bit", 0), [0], (then, other))
    following = body.graph.tensor("next", (1,), "int32")
    body.graph.operator(
        "ADD", [1, body.graph.tensor("one", (1,), "int32", data=[1])], [following], AddOptions()
    )
    body.graph.set_outputs(turned, following)
    last = main.graph.tensor("last", (1,), "int32")
    main.graph.operator("WHILE", [x, begin], [y, last], WhileOptions(1, 2))
    return finish(writer, main.graph, y)


def branch_of_a_constant(rng: Generator) -> bytes:
    """A condition that is a constant, and a constant operand."""
    writer, (main, then, other) = model_of("branch_of_a_constant", rng, "then", "else")
    x = main.input()
    bit = main.graph.tensor("bit", (1,), "bool", data=[bool(rng.integers(2))])
    for part in (then, other):
        inner, given = part.input(), part.input("given")
        part.graph.set_outputs(part.add("y", part.layer("layer", inner), given) if part is then else given)
    (y,) = main.branch("y", bit, [x, main.constant("constant")], (then, other))
    (z,) = main.branch("z", main.is_positive("computed", x), [x, main.constant("other")], (then, other))
    return finish(writer, main.graph, main.add("end", y, z))


def branch_of_int16(rng: Generator) -> bytes:
    """Between two QUANTIZE the operands are int16; the condition stays int8."""
    writer, (main, then, other) = model_of("branch_of_int16", rng, "then", "else")
    wide = {"scale": main.quantization["scale"] / 256}
    x, operand = main.input(), main.graph.tensor("wide", SHAPE, "int16", **wide)
    main.graph.operator("QUANTIZE", [x], [operand])
    inner, total = (
        then.graph.input("x", SHAPE, "int16", **wide),
        then.graph.tensor("sum", SHAPE, "int16", **wide),
    )
    then.graph.operator("ADD", [inner, inner], [total], AddOptions())
    then.graph.set_outputs(total)
    other.graph.set_outputs(other.graph.input("x", SHAPE, "int16", **wide))
    chosen, y = main.graph.tensor("chosen", SHAPE, "int16", **wide), main.tensor("y")
    options = IfOptions(then.graph.index, other.graph.index)
    main.graph.operator("IF", [main.is_positive("bit", x), operand], [chosen], options)
    main.graph.operator("QUANTIZE", [chosen], [y])
    return finish(writer, main.graph, y)


def _choices(main: Parts, bits: int, branches: tuple[Parts, Parts], x: int, count: int) -> int:
    """One IF a bit; the sum of what they choose."""
    total = x
    for position in range(count):
        bit = main.element(f"bit{position}", bits, position, "bool")
        total = main.branch(f"chosen{position}/", bit, [total], branches)[0]
    return total


def _compared(relation: str, rng: Generator) -> bytes:
    """Elements of the input against constants, others or one other; each bit switches a layer."""
    writer, (main, then, other) = model_of(f"branch_if_{relation.lower()}", rng, "then", "else")
    x = main.input()
    count, kind = 3, int(rng.integers(3))
    left = main.tensor("left", (1, count))
    bounds = [int32(main.graph, "begin", [0, 0]), int32(main.graph, "size", [1, count])]
    main.graph.operator("SLICE", [x, *bounds], [left])
    if kind == 0:
        values = rng.integers(-100, 100, (1, count))
        right = main.graph.tensor(
            "right", (1, count), scale=scale(rng), zero_point=zero_point(rng), data=values
        )
    elif kind == 1:
        right = main.tensor("right", (1, count))
        bounds = [int32(main.graph, "from", [0, count]), int32(main.graph, "of", [1, count])]
        main.graph.operator("SLICE", [x, *bounds], [right])
    else:
        right = main.element("right", x, count)
    bits = main.graph.tensor("bits", (1, count), "bool")
    main.graph.operator(relation, [left, right] if rng.integers(2) else [right, left], [bits])
    then.graph.set_outputs(then.layer("y", then.input()))
    other.graph.set_outputs(other.add("y", *[other.input()] * 2))
    return finish(writer, main.graph, _choices(main, bits, (then, other), x, count))


def branch_of_bools(rng: Generator) -> bytes:
    """LOGICAL_AND, LOGICAL_OR, LOGICAL_NOT, EQUAL and NOT_EQUAL of bools, constants and one bool for all."""
    writer, (main, then, other) = model_of("branch_of_bools", rng, "then", "else")
    x = main.input()
    limit = main.graph.tensor("limit", (1, 1), **main.quantization, data=[[0]])
    bits = main.graph.tensor("bits", SHAPE, "bool")
    main.graph.operator("GREATER", [x, limit], [bits])
    constant = main.graph.tensor("mask", SHAPE, "bool", data=rng.integers(0, 2, SHAPE).astype(bool))
    one = main.element("one", bits, 4, "bool")
    for name, operands in (
        ("LOGICAL_NOT", []),
        ("LOGICAL_AND", [constant]),
        ("LOGICAL_OR", [one]),
        ("EQUAL", [constant]),
        ("NOT_EQUAL", [one]),
    ):
        result = main.graph.tensor(name, SHAPE, "bool")
        main.graph.operator(name, [bits, *operands], [result])
        bits = result
    then.graph.set_outputs(then.layer("y", then.input()))
    other.graph.set_outputs(other.add("y", *[other.input()] * 2))
    return finish(writer, main.graph, _choices(main, bits, (then, other), x, 4))


def _named(name: str, maker: Callable[..., bytes], *arguments: object) -> Maker:
    bound = partial(maker, *arguments)
    bound.__name__ = name  # type: ignore[attr-defined]
    return bound


MODELS: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        branch_computes,
        branch_passes,
        branch_of_several_outputs,
        branch_in_branch,
        branch_with_a_state,
        branch_with_a_window,
        branch_without_outputs,
        branch_in_a_loop,
        branch_of_a_constant,
        branch_of_bools,
        branch_of_int16,
        *(_named(f"branch_if_{name.lower()}", _compared, name) for name in RELATIONS),
    )
}
"""Name → maker of a random .tflite."""
