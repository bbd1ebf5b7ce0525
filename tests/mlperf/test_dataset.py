"""Inputs from files: the layout of the runner's datasets, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark_models import fully_connected_keywords, streaming
from skipstone.tools.mlperf.dataset import random_samples, read_samples
from skipstone.tools.mlperf.errors import MlperfError
from skipstone.tools.mlperf.firmware import BenchmarkModel, read_benchmark_model


@pytest.fixture(scope="module")
def model() -> BenchmarkModel:
    return read_benchmark_model(fully_connected_keywords(), "keywords")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(3):
        (tmp_path / f"tst_{index}.bin").write_bytes(bytes([index]) * 490)
    return tmp_path


def test_the_truth_file_gives_order_and_classes(folder: Path, model: BenchmarkModel) -> None:
    (folder / "y_labels.csv").write_text("tst_2.bin, 12, 11\ntst_0.bin,12,0\n\n")
    samples = read_samples(folder, model)
    assert [(sample.name, sample.label) for sample in samples] == [("tst_2.bin", 11), ("tst_0.bin", 0)]
    assert samples[0].data == bytes([2]) * 490


def test_without_a_truth_file_every_raw_file_is_an_input(folder: Path, model: BenchmarkModel) -> None:
    assert [sample.name for sample in read_samples(folder, model)] == [f"tst_{i}.bin" for i in range(3)]
    assert read_samples(folder / "tst_1.bin", model)[0].data == bytes([1]) * 490


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ("tst_0.bin,12,12\n", "of class 12, the model knows 12"),
        ("tst_0.bin,12,-1\n", "of class -1"),
        ("tst_0.bin,12,yes\n", "row 1"),
        ("tst_0.bin,12,1\ntst_1.bin\n", "row 2"),
        ("absent.bin,12,1\n", "cannot read .*absent.bin"),
        ("", "holds no inputs"),
        ("\xff", "row 1"),
    ],
)
def test_damaged_truth_files_are_refused(
    folder: Path, model: BenchmarkModel, truth: str, message: str
) -> None:
    (folder / "y_labels.csv").write_bytes(truth.encode("latin-1"))
    with pytest.raises(MlperfError, match=message):
        read_samples(folder, model)


@pytest.mark.parametrize("size", [0, 489, 491])
def test_files_of_another_size_are_refused(folder: Path, model: BenchmarkModel, size: int) -> None:
    (folder / "tst_1.bin").write_bytes(bytes(size))
    with pytest.raises(MlperfError, match=rf"{size} bytes are no whole number of steps of 490"):
        read_samples(folder, model)


def test_files_of_too_many_steps_are_refused(folder: Path, model: BenchmarkModel) -> None:
    (folder / "long.bin").write_bytes(bytes(980))
    with pytest.raises(MlperfError, match="has 2 steps, the firmware takes 1"):
        read_samples(folder, model)
    stream = read_benchmark_model(streaming(), "streaming", 4)
    (folder / "long.bin").write_bytes(bytes(5 * 160))
    with pytest.raises(MlperfError, match="has 5 steps, the firmware takes 4") as caught:
        read_samples(folder / "long.bin", stream)
    assert caught.value.remedy == "pass --steps 5"


def test_nothing_there(tmp_path: Path, model: BenchmarkModel) -> None:
    with pytest.raises(MlperfError, match="there is no"):
        read_samples(tmp_path / "none", model)
    with pytest.raises(MlperfError, match="holds no inputs"):
        read_samples(tmp_path, model)


def test_random_inputs_are_the_same_every_time(model: BenchmarkModel) -> None:
    assert random_samples(model, 3) == random_samples(model, 3)
    stream = read_benchmark_model(streaming(), "streaming", 6)
    lengths = [len(sample.data) // 160 for sample in random_samples(stream, 30)]
    assert lengths[0] == 6 and set(lengths) == set(range(1, 7))
