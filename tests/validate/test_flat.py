"""Cut models give, in TFLM and in the integer model, what the whole model has at that place."""

from __future__ import annotations

import branch_models
import numpy as np
import pytest
from branch_parts import SIZE
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
    head = max(i for i, (operator, _) in enumerate(flat.operators) if operator == "FULLY_CONNECTED")
    whole, cut = TflmRunner(model), TflmRunner(flat.cut(head))
    for row in random_features(20, 160, INT8):
        expected = whole.step(row, np.full((1, 2), 127, np.int8))[0]
        np.testing.assert_array_equal(cut.step(row)[0], expected)


def test_every_cut_is_a_model_on_which_tflm_and_the_integer_model_agree(model: bytes) -> None:
    flat = FlatModel(model)
    names = [name for _, name in flat.operators]
    assert any(name.startswith("layer0/mha") for name in names)
    for index in range(len(flat.operators)):
        if not flat.is_shown(index):
            continue
        data = flat.cut(index)
        tflm, integer = TflmRunner(data), IntegerInterpreter(data)
        inputs = len(integer.model.main.inputs)
        for row in random_features(6, 160, INT8):
            values = [row.reshape(1, -1), np.zeros((1, 2), np.int8)][:inputs]
            np.testing.assert_array_equal(tflm.step(*values)[0], integer.step(*values)[0])


@pytest.mark.parametrize("position", [0, 3, 9, -1])
def test_the_operator_at_fault_is_found(model: bytes, position: int) -> None:
    """A pretended board on which one operator is wrong: everything that depends on it differs."""
    flat = FlatModel(model)
    loud = [index for index in range(len(flat.operators)) if flat.is_shown(index)]
    culprit = loud[position]
    wrong_name = flat.operators[culprit][1]

    def probe(data: bytes, steps: int) -> Difference | None:
        """Wrong from step 3 on where the output depends on the culprit, from step 4 on everywhere."""
        part, main = FlatModel(data), read_model(data).main
        pending = [next(op.index for op in main.operators if main.outputs[0] in op.outputs)]
        names = set()
        while pending:
            index = pending.pop()
            names.add(part.operators[index][1])
            pending += part.inputs_of(index)
        step = 3 if wrong_name in names else 4
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
            branches = [index for index, (name, _) in enumerate(flat.operators) if name == "IF"]
            if len(pending) < 4:
                pending += [flat.opened(index, then) for index in branches[:1] for then in (True, False)]
            for index in range(len(flat.operators)):
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


def test_nothing_is_blamed_where_no_cut_differs(model: bytes) -> None:
    assert Locator(model, lambda _: True, lambda _data, _steps: None, 10).find() is None
