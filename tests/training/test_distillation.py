"""A network learns from the one its stage began with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from skipstone.quantize.losses.distillation import distillation_loss
from skipstone.quantize.training.recipe import RecipeError
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_recipe import Stage
from tone_run import Silent, tone_recipe


def test_loss_is_zero_for_equal_answers_and_grows_with_the_difference() -> None:
    generator = torch.Generator().manual_seed(1)
    teacher = torch.randn(2, 9, 5, generator=generator)
    valid = torch.arange(9) < torch.tensor([[9], [4]])
    lengths = torch.tensor([3, 2])
    assert distillation_loss(teacher, teacher, valid, lengths).abs() < 1e-6
    noise = torch.randn(teacher.shape, generator=generator)
    losses = [distillation_loss(teacher + share * noise, teacher, valid, lengths) for share in (0.1, 0.5, 1)]
    assert 0 < losses[0] < losses[1] < losses[2]


def test_padding_and_the_teacher_get_no_gradient() -> None:
    student = torch.randn(2, 6, 4, requires_grad=True)
    teacher = torch.randn(2, 6, 4, requires_grad=True)
    valid = torch.arange(6) < torch.tensor([[6], [2]])
    distillation_loss(student, teacher, valid, torch.tensor([1, 1])).backward()
    assert student.grad is not None and not student.grad[1, 2:].any() and student.grad[1, :2].all()
    assert teacher.grad is None


def test_equals_the_definition() -> None:
    student, teacher = torch.randn(1, 3, 4), torch.randn(1, 3, 4)
    p, q = teacher.softmax(2), student.softmax(2)
    expected = (p * (p / q).log()).sum() / 2
    valid = torch.ones(1, 3, dtype=torch.bool)
    assert torch.isclose(distillation_loss(student, teacher, valid, torch.tensor([2])), expected)


def test_a_stage_that_learns_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing would be learned"):
        Stage(name="qat", epochs=1, learning_rate=1e-4, task_weight=0.0)


def test_stages_distil_from_the_stage_before(corpora: Path, tmp_path: Path) -> None:
    weights = []
    for share in (0.0, 2.0):
        stages = {"dense": {}, **{name: {"distillation": share} for name in ("gated", "qat")}}
        folder = tmp_path / str(share)
        TrainingRun(tone_recipe(corpora, stages), folder, Silent()).run()
        weights.append((folder / "checkpoint" / "weights.safetensors").read_bytes())
    assert weights[0] != weights[1]


def test_a_first_stage_has_nothing_to_distil_from(corpora: Path, tmp_path: Path) -> None:
    recipe = tone_recipe(corpora, {"dense": {"distillation": 1.0}})
    with pytest.raises(RecipeError, match="does not begin with a float checkpoint"):
        TrainingRun(recipe, tmp_path / "run", Silent()).run()
