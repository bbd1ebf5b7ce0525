"""A checkpoint that cannot be converted is refused with everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skipstone.quantize.convert.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from skipstone.quantize.convert.errors import CheckpointError, ConvertError
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, write_random_checkpoint
from skipstone.quantize.models.config import ModelConfigError

SIZES = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}


@pytest.fixture
def checkpoint() -> Checkpoint:
    return random_checkpoint(3, **SIZES)


def test_a_written_checkpoint_reads_back_unchanged(tmp_path: Path, checkpoint: Checkpoint) -> None:
    write_checkpoint(tmp_path / "c", checkpoint, {"stage": "qat"})
    again = read_checkpoint(tmp_path / "c")
    assert (again.config, again.features, again.tokens) == (
        checkpoint.config,
        checkpoint.features,
        checkpoint.tokens,
    )
    assert again.tensors.keys() == checkpoint.tensors.keys()
    for name, tensor in checkpoint.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], tensor)


def test_all_tensor_problems_are_named_at_once(tmp_path: Path, checkpoint: Checkpoint) -> None:
    tensors = dict(checkpoint.tensors)
    del tensors["head.weight"]
    tensors["norm.gamma"] = np.ones(3, np.float32)
    tensors["layer0.ffn.up.weight"] = np.zeros((24, 15), np.float32)
    tensors["layer0.mha.key.scale"] = np.array(-0.1, np.float32)
    tensors["layer0.mha.value.scale"] = np.ones(2, np.float32)
    tensors["front.conv.bias"] = np.full(16, np.nan, np.float32)
    tensors["head.bias"] = np.zeros(5, np.float64)
    write_checkpoint(tmp_path / "c", replace(checkpoint, tensors=tensors), {"stage": "qat"})
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(tmp_path / "c")
    problems = "\n".join(caught.value.problems)
    for part in (
        "head.weight is missing",
        "norm.gamma is not part",
        "layer0.ffn.up.weight has shape [24, 15], not [24, 16]",
        "layer0.mha.key.scale is -0.1",
        "layer0.mha.value.scale has 2 elements",
        "front.conv.bias holds values that are not finite",
        "head.bias is float64",
    ):
        assert part in problems
    assert len(caught.value.problems) == 7


def test_problems_of_a_transducer_are_named(tmp_path: Path) -> None:
    checkpoint = random_checkpoint(3, head="transducer", predictor_width=6, joint_width=10, **SIZES)
    tensors = dict(checkpoint.tensors)
    tensors["predictor.embedding.weight"] = np.zeros((4, 6), np.float32)
    tensors["predictor.embedding.bias"] = np.zeros(4, np.float32)
    del tensors["joint.hidden.scale"]
    folder = tmp_path / "c"
    write_checkpoint(folder, replace(checkpoint, tensors=tensors), {"stage": "qat"})
    text = (folder / "model.toml").read_text()
    assert text.count('head = "transducer"') == 2
    place = text.index("[tokens]")
    (folder / "model.toml").write_text(text[:place] + text[place:].replace('"transducer"', '"ctc"'))
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(folder)
    problems = "\n".join(caught.value.problems)
    for part in (
        "[tokens] head is 'ctc', [model] head is 'transducer'",
        "predictor.embedding.weight has shape [4, 6], not [5, 6]",
        "predictor.embedding.bias is not part",
        "joint.hidden.scale is missing",
    ):
        assert part in problems


@pytest.mark.parametrize("stage", ["dense", "gated", None])
def test_other_stages_are_refused(tmp_path: Path, checkpoint: Checkpoint, stage: str | None) -> None:
    write_checkpoint(tmp_path / "c", checkpoint, {"stage": stage} if stage else {})
    with pytest.raises(ConvertError, match="not 'qat'"):
        read_checkpoint(tmp_path / "c")


def test_missing_folder_damaged_files_and_wrong_sizes(tmp_path: Path) -> None:
    with pytest.raises(ConvertError, match=r"cannot read .*model\.toml"):
        read_checkpoint(tmp_path / "nothing")
    folder = write_random_checkpoint(tmp_path / "c", 1, **SIZES)
    weights, table = folder / "weights.safetensors", folder / "model.toml"
    good_weights, good_table = weights.read_bytes(), table.read_text()
    for damaged in (b"", b"\xff" * 40, good_weights[:100]):
        weights.write_bytes(damaged)
        with pytest.raises(ConvertError, match="not a safetensors file"):
            read_checkpoint(folder)
    weights.write_bytes(good_weights)
    table.write_text("[model")
    with pytest.raises(ConvertError, match="is not TOML"):
        read_checkpoint(folder)
    table.write_text(good_table.replace("vocabulary = 5", "vocabulary = 6"))
    with pytest.raises(CheckpointError, match="lists 5 tokens"):
        read_checkpoint(folder)
    table.write_text(good_table.replace("heads = 2", "heads = 0"))
    with pytest.raises(ModelConfigError, match="heads"):
        read_checkpoint(folder)
    table.write_text(good_table.replace("[tokens]", "[token]"))
    with pytest.raises(CheckpointError, match=r"no table \[tokens\]"):
        read_checkpoint(folder)


def test_gate_logit_scales_that_greater_cannot_take_are_refused(checkpoint: Checkpoint) -> None:
    checkpoint.tensors["arbitrator.logit.scale"] = np.array(1.5, np.float32)
    with pytest.raises(CheckpointError, match=r"arbitrator\.logit\.scale is 1\.5"):
        convert(checkpoint)


def test_biases_that_overflow_the_accumulator_are_refused(checkpoint: Checkpoint) -> None:
    checkpoint.tensors["layer0.ffn.up.bias"][0] = 1e9
    with pytest.raises(CheckpointError, match=r"layer0\.ffn\.up: weights and bias overflow"):
        convert(checkpoint)


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, checkpoint: Checkpoint) -> None:
    broken = replace(checkpoint, tokens=("<blank>", None))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        write_checkpoint(tmp_path / "c", broken, {"stage": "qat"})
    assert list(tmp_path.iterdir()) == []
