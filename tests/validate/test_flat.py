"""Cut models give, in TFLM and in the integer model, what the whole model has at that place."""

from __future__ import annotations

import branch_models
import numpy as np
import pytest
from branch_parts import SIZE, model_of
from model_parts import finish
from parts_model import parts_model
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.validation import called
from skipstone.tools.validate.compare import Difference
from skipstone.tools.validate.features import random_features
from skipstone.tools.validate.flat import FlatModel
from skipstone.tools.validate.locate import Locator

INT8 = np.dtype(np.int8)
SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert(random_checkpoint(1, **SMALL))


def test_the_last_cut_is_the_model_with_every_gate_open(model: bytes) -> None:
    flat = FlatModel(model)
    head = max(i for i, result in enumerate(flat.results) if result.operator == "FULLY_CONNECTED")
    whole, cut = TflmRunner(model), TflmRunner(flat.cut(head))
    for row in random_features(20, 160, INT8):
        expected = whole.step(row, np.full((1, 2), 127, np.int8))[0]
        np.testing.assert_array_equal(cut.step(row)[0], expected)


def test_every_cut_is_a_model_on_which_tflm_and_the_integer_model_agree(model: bytes) -> None:
    flat = FlatModel(model)
    assert any(result.name.startswith("layer0/mha") for result in flat.results)
    for index in range(len(flat.results)):
        if not flat.is_shown(index):
            continue
        data = flat.cut(index)
        tflm, integer = TflmRunner(data), IntegerInterpreter(data)
        inputs = len(integer.model.main.inputs)
        for row in random_features(6, 160, INT8):
            values = [row.reshape(1, -1), np.zeros((1, 2), np.int8)][:inputs]
            np.testing.assert_array_equal(tflm.step(*values)[0], integer.step(*values)[0])


def _behind(data: bytes) -> set[str]:
    """Names of the tensors that the output of a model is computed from, itself included."""
    flat, output = FlatModel(data), read_model(data).main.outputs[0]
    pending = [index for index, result in enumerate(flat.results) if result.tensor == output]
    for index in pending:
        pending += [source for source in flat.inputs_of(index) if source not in pending]
    return {flat.results[index].name for index in pending}


@pytest.mark.parametrize("position", [0, 3, 9, -1])
def test_the_operator_at_fault_is_found(model: bytes, position: int) -> None:
    """A pretended board on which one operator is wrong: everything that depends on it differs."""
    flat = FlatModel(model)
    loud = [index for index in range(len(flat.results)) if flat.is_shown(index)]
    wrong_name = flat.results[loud[position]].name

    def probe(data: bytes, steps: int) -> Difference | None:
        """Wrong from step 3 on where the output depends on the culprit, from step 4 on everywhere."""
        step = 3 if wrong_name in _behind(data) else 4
        return Difference("output", "arbitrator", step, 1, 5, 6, 1) if step < steps else None

    found = Locator(model, lambda _: True, probe, 10).find()
    assert found is not None
    assert (found.name, found.difference.step, found.unseen) == (wrong_name, 3, ())


@pytest.mark.parametrize("maker", ["branch_computes", "branch_of_several_outputs", "branch_in_branch"])
def test_a_branch_in_the_place_of_its_if_is_a_model(maker: str) -> None:
    """Opened once or twice, with results that are passed on; TFLM and the integer model agree on each cut."""
    for seed in range(3):
        pending = [branch_models.MODELS[maker](np.random.default_rng(seed))]
        while pending:
            data = pending.pop()
            flat = FlatModel(data)
            branches = [i for i, result in enumerate(flat.results) if result.operator == "IF"]
            if len(pending) < 4:
                pending += [flat.opened(index, then) for index in branches[:1] for then in (True, False)]
            for index in range(len(flat.results)):
                if flat.is_shown(index):
                    part = flat.cut(index)
                    tflm, integer = TflmRunner(part), IntegerInterpreter(part)
                    for row in random_features(4, SIZE, INT8):
                        values = row.reshape(1, -1)
                        np.testing.assert_array_equal(tflm.step(values)[0], integer.step(values)[0])


@pytest.mark.parametrize(
    ("culprit", "operator", "name"),
    [
        ("sum", "ADD", "sum"),
        ("again", "FULLY_CONNECTED", "again"),
        ("end", "ADD", "end"),
        ("y", "IF", "y0"),
    ],
    ids=["then", "else", "after", "dispatch"],
)
def test_an_operator_in_a_branch_is_found(culprit: str, operator: str, name: str) -> None:
    """``y`` is a tensor only as long as the IF is one: then choosing and copying is at fault."""
    data = branch_models.MODELS["branch_computes"](np.random.default_rng(1))

    def probe(model: bytes, steps: int) -> Difference | None:
        names = set()
        graphs = [read_model(model).main]
        while graphs:
            graph = graphs.pop()
            for op in graph.operators:
                names |= {graph.tensors[i].name for i in op.outputs}
                graphs += [read_model(model).subgraphs[i] for i in called(op)]
        return Difference("output", "arbitrator", 0, 0, 1, 2, 1) if culprit in names else None

    found = Locator(data, lambda _: True, probe, 10).find()
    assert found is not None
    assert (found.operator, found.name) == (operator, name)


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("operator", ["SPLIT", "UNPACK"])
def test_a_wrong_output_after_the_first_is_found(operator: str, position: int) -> None:
    data, wrong = parts_model(operator), f"part{position}"
    for part in (FlatModel(data).cut(index) for index in range(len(FlatModel(data).results))):
        tflm, integer = TflmRunner(part), IntegerInterpreter(part)
        for row in random_features(3, SIZE * 3, INT8):
            values = row.reshape(SIZE, 3)
            np.testing.assert_array_equal(tflm.step(values)[0], integer.step(values)[0])

    def probe(model: bytes, _steps: int) -> Difference | None:
        return Difference("output", "arbitrator", 0, 0, 1, 2, 1) if wrong in _behind(model) else None

    found = Locator(data, lambda _: True, probe, 10).find()
    assert found is not None
    assert (found.operator, found.name, found.unseen) == (operator, wrong, ())


@pytest.mark.parametrize("culprit", ["y0", "y1", "y2"])
def test_a_wrong_output_of_an_if_is_found(culprit: str) -> None:
    """Choosing and copying of one output is at fault; the fourth is read by nobody and is not asked for."""
    data = branch_models.MODELS["branch_of_several_outputs"](np.random.default_rng(1))
    flat = FlatModel(data)
    shown = {result.name for index, result in enumerate(flat.results) if flat.is_shown(index)}
    assert {"y0", "y1", "y2"} <= shown
    assert "y3" not in shown

    def probe(model: bytes, _steps: int) -> Difference | None:
        has_branches = any(result.operator == "IF" for result in FlatModel(model).results)
        is_wrong = has_branches and culprit in _behind(model)
        return Difference("output", "arbitrator", 0, 0, 1, 2, 1) if is_wrong else None

    found = Locator(data, lambda _: True, probe, 10).find()
    assert found is not None
    assert (found.operator, found.name, found.unseen) == ("IF", culprit, ("bit",))


@pytest.mark.parametrize(("culprit", "named"), [("first", "FULLY_CONNECTED"), ("bit", "IF")])
def test_a_cause_behind_a_bool_is_found(culprit: str, named: str) -> None:
    """No board shows a bool: what it is computed from is asked, and the bool is named beside the IF."""
    writer, (main, then, other) = model_of("behind_a_bool", np.random.default_rng(3), "then", "else")
    x = main.input()
    bit = main.is_positive("bit", main.layer("first", x))
    layers = [main.layer(f"layer{index}", x) for index in range(6)]
    for part in (then, other):
        part.graph.set_outputs(part.layer(f"{part.graph.index}", part.input()))
    (y,) = main.branch("y", bit, [layers[-1]], (then, other))
    for index, layer in enumerate(layers[:-1]):
        y = main.add(f"sum{index}", y, layer)
    data = finish(writer, main.graph, y)

    def probe(model: bytes, _steps: int) -> Difference | None:
        return Difference("output", "arbitrator", 0, 0, 1, 2, 1) if culprit in _behind(model) else None

    found = Locator(data, lambda _: True, probe, 10).find()
    assert found is not None
    assert (found.operator, found.unseen) == (named, ("bit",) if culprit == "bit" else ())


def test_nothing_is_blamed_where_no_cut_differs(model: bytes) -> None:
    assert Locator(model, lambda _: True, lambda _data, _steps: None, 10).find() is None
