"""IF that is no gated block: its form in C, what it costs, and what is said of constructs without C."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import branch_models
import numpy as np
import pytest
from branch_parts import SIZE, Parts
from codegen_host_program import host_board
from codegen_small_models import GraphBuilder
from skipstone.firmware.codegen.errors import UnsupportedModelError
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.tflite.options import (
    AddOptions,
    CallOnceOptions,
    IfOptions,
    VarHandleOptions,
    WhileOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.analyze.analysis import analyze
from test_general_constructs_equal_tflm import compare

QUANTIZATION = {"scale": 0.1, "zero_point": 3}
Fill = Callable[[Parts], None]


def one_if(then: Fill, otherwise: Fill, condition: Callable[[Parts, int], int] | None = None) -> bytes:
    """``y = IF(x[0] > 0, x)``; the branches get their builders and declare inputs and outputs."""
    writer = ModelWriter("one if")
    rng = np.random.default_rng(1)
    main, first, second = (Parts(writer.subgraph(n), rng, QUANTIZATION) for n in ("main", "then", "else"))
    then(first)
    otherwise(second)
    x = main.input()
    bit = main.is_positive("bit", x) if condition is None else condition(main, x)
    main.graph.set_outputs(*main.branch("y", bit, [x], (first, second)))
    return writer.to_bytes()


def layers(count: int) -> Fill:
    def fill(part: Parts) -> None:
        x = part.input()
        for index in range(count):
            x = part.layer(f"layer{index}", x)
        part.graph.set_outputs(x)

    return fill


def problems(model: bytes) -> list[str]:
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(model, "net", host_board())
    return [finding.problem for finding in caught.value.findings]


def step_of(model: bytes) -> str:
    text = generate_files(model, "net", host_board()).files["model.c"]
    return text[text.index("static void step(") :]


def test_a_branch_reads_like_one() -> None:
    step = step_of(one_if(layers(2), layers(1)))
    assert re.search(r"if \(bit\[0\] != 0\) \{.*\n.*layer0.*\n.*layer1.*\n    \} else \{\n.*layer0", step)
    assert "memcpy" not in step


def test_a_branch_without_operations_is_left_out() -> None:
    """What passes through lies in its place already where it is the output of a layer."""
    accumulate = branch_models.MODELS["branch_without_outputs"](np.random.default_rng(2))
    assert "else" not in step_of(accumulate)

    writer = ModelWriter("one if")
    rng = np.random.default_rng(1)
    main, then, other = (Parts(writer.subgraph(n), rng, QUANTIZATION) for n in ("main", "then", "else"))
    layers(0)(then)
    layers(1)(other)
    x = main.input()
    first = main.layer("first", x)
    (y,) = main.branch("y", main.is_positive("bit", x), [first], (then, other))
    main.graph.set_outputs(main.layer("last", y))
    step = step_of(writer.to_bytes())
    assert "if (bit[0] == 0) {" in step
    assert "else" not in step


def test_the_dearer_branch_counts() -> None:
    model = one_if(layers(1), layers(3))
    square = SIZE**2
    files = generate_files(model, "net", host_board()).files
    table = json.loads(files["codegen.json"])
    assert table["fixed_macs"] == 3 * square
    assert sum(row["macs"] for row in table["operators"]) == 4 * square
    analysis = analyze(model, "net", host_board())
    assert analysis.fixed_macs == 3 * square
    counted = [op for op in analysis.operations if op.is_counted]
    assert sum(op.macs for op in counted) == 3 * square
    assert analysis.open_instructions < sum(op.instructions or 0 for op in analysis.operations) + 200
    whole = analyze(one_if(layers(3), layers(0)), "net", host_board())
    assert whole.open_instructions == pytest.approx(analysis.open_instructions, rel=0.05)


def gated(with_second: bool) -> bytes:
    """A block whose body holds an IF; ``with_second``: its gate switches an IF of two layers as well."""
    writer = ModelWriter("gated")
    rng = np.random.default_rng(4)
    names = ("main", "body", "pass", "then", "else")
    main, body, passing, then, other = (Parts(writer.subgraph(n), rng, QUANTIZATION) for n in names)
    layers(0)(passing)
    layers(1)(then)
    layers(2)(other)
    inner = body.input()
    (chosen,) = body.branch("chosen", body.is_positive("bit", inner, 2), [inner], (then, other))
    body.graph.set_outputs(body.add("out", inner, chosen))
    x, bias = main.input(), main.graph.input("gate_bias", (1, 1), scale=0.2)
    logit, biased = main.element("logit", main.layer("arbitrator", x), 0), main.tensor("biased", (1, 1))
    main.graph.operator("ADD", [logit, bias], [biased], AddOptions())
    limit = main.graph.tensor("limit", (1, 1), **QUANTIZATION, data=[[3]])
    gate = main.graph.tensor("gate", (1, 1), "bool")
    main.graph.operator("GREATER", [biased, limit], [gate])
    y = main.layer("front", x)
    if with_second:
        (y,) = main.branch("before", gate, [y], (other, then))
    (y,) = main.branch("after", gate, [y], (body, passing))
    if with_second:
        (y,) = main.branch("behind", gate, [y], (then, passing))
    main.graph.set_outputs(main.layer("head", y), gate)
    return writer.to_bytes()


def ring_in_a_branch() -> bytes:
    """A convolution over time and attention, both with rings of their own, in a branch."""
    writer = ModelWriter("ring")
    main, then, other = (GraphBuilder(writer.subgraph(n), 3) for n in ("main", "then", "else"))
    inner = then.input("x", 8)
    row = then.add("sum", inner, then.fc("c", then.depthwise("conv", then.push("window", inner, 4)), 8))
    keys, values = then.push("key", then.fc("k", row, 8), 5), then.push("value", then.fc("v", row, 8), 5)
    context = then.attention("attention", then.fc("q", row, 8), keys, values, 2)
    then.graph.set_outputs(then.fc("out", context, 8).index)
    other.graph.set_outputs(other.fc("y", other.input("x", 8), 8).index)
    x = main.input("features", 8)
    limit = main.graph.tensor("limit", (1, 1), scale=0.05, data=[[0]])
    bit = main.graph.tensor("bit", (1, 1), "bool")
    main.graph.operator("GREATER", [main.slice("first", x, 0, 1).index, limit], [bit])
    y = main.computed("y", x.shape)
    options = IfOptions(then.graph.index, other.graph.index)
    main.graph.operator("IF", [bit, x.index], [y.index], options)
    main.graph.set_outputs(main.fc("head", y, 3).index)
    return writer.to_bytes()


def test_rings_in_a_branch_stay_rings(tmp_path: Path) -> None:
    compare(ring_in_a_branch(), tmp_path)
    step = step_of(ring_in_a_branch())
    assert "ss_depthwise_ring_s8_ref" in step
    assert "ss_attention_s8_ref" in step
    assert step.count("ss_next_row") == 2, "one head for the convolution, one for keys and values"


STATEFUL = ("branch_in_branch", "branch_with_a_state", "branch_with_a_window", "branch_without_outputs")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", STATEFUL)
def test_states_change_only_where_their_branch_runs(name: str, seed: int, tmp_path: Path) -> None:
    """Outputs and states over many steps and a reset, with the sanitizers."""
    compare(branch_models.MODELS[name](np.random.default_rng(seed)), tmp_path)


@pytest.mark.parametrize("with_second", [False, True])
def test_branches_in_a_block_and_beside_it(with_second: bool, tmp_path: Path) -> None:
    model = gated(with_second)
    compare(model, tmp_path)
    (block,) = generate_files(model, "net", host_board()).model.facts.blocks
    assert block.macs == 2 * SIZE**2


def test_a_subgraph_that_runs_from_many_places_is_copied_up_to_a_limit() -> None:
    """Twenty levels that run the next one twice would be a million copies."""
    writer = ModelWriter("doubling")
    rng = np.random.default_rng(1)
    parts = [Parts(writer.subgraph(f"level {index}"), rng, QUANTIZATION) for index in range(20)]
    for index, part in enumerate(parts):
        x = part.input()
        if index + 1 < len(parts):
            following = (parts[index + 1], parts[index + 1])
            (x,) = part.branch("y", part.is_positive("bit", x), [x], following)
        part.graph.set_outputs(x)
    assert any("run from several places, more than 200 times" in text for text in problems(writer.to_bytes()))


def bool_input(part: Parts, _x: int) -> int:
    return part.graph.input("bit", (1, 1), "bool")


def int32_comparison(part: Parts, _x: int) -> int:
    operands = [part.graph.tensor(name, (1, 1), "int32", data=[[1]]) for name in ("a", "b")]
    bit = part.graph.tensor("bit", (1, 1), "bool")
    part.graph.operator("LESS", operands, [bit])
    return bit


def large_scale(part: Parts, x: int) -> int:
    limit = part.graph.tensor("limit", (1, 1), scale=1.5, data=[[0]])
    bit = part.graph.tensor("bit", (1, 1), "bool")
    part.graph.operator("LESS_EQUAL", [part.element("x0", x, 0), limit], [bit])
    return bit


def not_of_int8(part: Parts, x: int) -> int:
    bit = part.graph.tensor("bit", (1, 1), "bool")
    part.graph.operator("LOGICAL_NOT", [part.element("x0", x, 0)], [bit])
    return bit


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (bool_input, "type bool"),
        (int32_comparison, "operand 'a' of type int32"),
        (large_scale, "comparison: a scale must lie in (0, 1), not 1.5"),
        (not_of_int8, "operand 'x0' of type int8"),
    ],
)
def test_a_condition_without_c_is_named(condition: Callable[[Parts, int], int], problem: str) -> None:
    assert problem in problems(one_if(layers(1), layers(2), condition))


def test_states_that_a_branch_initialises_are_named() -> None:
    def initialised(part: Parts) -> None:
        x = part.input()
        part.graph.operator("CALL_ONCE", [], [], CallOnceOptions(3))
        part.graph.set_outputs(part.accumulate("state", x))

    writer = ModelWriter("init")
    rng = np.random.default_rng(1)
    names = ("main", "then", "else", "init")
    main, then, other, init = (Parts(writer.subgraph(n), rng, QUANTIZATION) for n in names)
    initialised(then)
    layers(0)(other)
    x = main.input()
    main.graph.set_outputs(*main.branch("y", main.is_positive("bit", x), [x], (then, other)))
    handle, begin = init.graph.tensor("handle", (1,), "resource"), init.constant("begin")
    init.graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("state"))
    init.graph.operator("ASSIGN_VARIABLE", [handle, begin], [])
    assert "states initialised inside a branch" in problems(writer.to_bytes())


def test_a_state_in_a_branch_of_a_loop_is_named() -> None:
    writer = ModelWriter("loop")
    rng = np.random.default_rng(1)
    names = ("main", "condition", "body", "then", "else")
    main, condition, body, then, other = (Parts(writer.subgraph(n), rng, QUANTIZATION) for n in names)
    begin = [main.input(), main.graph.tensor("begin", (1,), "int32", data=[0])]
    results = [main.tensor("y"), main.graph.tensor("last", (1,), "int32")]
    for part in (condition, body):
        part.input()
        part.graph.input("counter", (1,), "int32")
    more = condition.graph.tensor("more", (1,), "bool")
    end = condition.graph.tensor("end", (1,), "int32", data=[3])
    condition.graph.operator("LESS", [1, end], [more])
    condition.graph.set_outputs(more)
    then.graph.set_outputs(then.accumulate("state", then.input()))
    layers(0)(other)
    (y,) = body.branch("y", body.is_positive("bit", 0), [0], (then, other))
    following = body.graph.tensor("next", (1,), "int32")
    one = body.graph.tensor("one", (1,), "int32", data=[1])
    body.graph.operator("ADD", [1, one], [following], AddOptions())
    body.graph.set_outputs(y, following)
    main.graph.operator("WHILE", begin, results, WhileOptions(1, 2))
    main.graph.set_outputs(results[0])
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(writer.to_bytes(), "net", host_board())
    (loop,) = [finding for finding in caught.value.findings if finding.subject == "while 'y'"]
    assert loop.problem == "its body has resource variables"
    assert "read them before the loop" in loop.remedy


def test_weights_that_a_branch_is_handed_are_named() -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(branch_models.weights_as_operand(np.random.default_rng(1)), "net", host_board())
    (finding,) = caught.value.findings
    assert finding.subject == "fully_connected 'y'"
    assert "handed into a branch or loop as an operand" in finding.problem
    assert finding.remedy == "make them constants of the subgraph that the operator stands in"
