"""The transducer loss equals the sum over every path of the lattice, and its gradient the numerical one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.quantize.losses.transducer import transducer_loss
from skipstone.quantize.models.config import SymbolsPerStep

LATTICES: tuple[SymbolsPerStep, ...] = ("one", "any")


def paths(steps: int, tokens: int, lattice: SymbolsPerStep) -> Iterator[list[tuple[int, int, bool]]]:
    """Every path as its arcs (step, tokens written before, whether it writes the next token)."""

    def walk(step: int, written: int) -> Iterator[list[tuple[int, int, bool]]]:
        if step == steps:
            if written == tokens:
                yield []
            return
        for rest in walk(step + 1, written):
            yield [(step, written, False), *rest]
        if written < tokens:
            after = step + 1 if lattice == "one" else step
            for rest in walk(after, written + 1):
                yield [(step, written, True), *rest]

    yield from walk(0, 0)


def brute_force(logits: torch.Tensor, targets: list[int], lattice: SymbolsPerStep) -> torch.Tensor | None:
    """Negative log likelihood of one utterance [steps, U + 1, vocabulary]; ``None`` without any path."""
    scores = logits.log_softmax(2)
    totals = []
    for path in paths(logits.shape[0], len(targets), lattice):
        arcs = [scores[t, u, targets[u] if writes else 0] for t, u, writes in path]
        totals.append(torch.stack(arcs).sum())
    return -torch.stack(totals).logsumexp(0) if totals else None


@pytest.mark.parametrize("lattice", LATTICES)
@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(0, 2**31))
def test_the_loss_is_the_sum_over_all_paths(
    lattice: SymbolsPerStep, steps: int, tokens: int, seed: int
) -> None:
    torch.manual_seed(seed)
    logits = 3 * torch.randn(1, steps, tokens + 1, 5, dtype=torch.float64)
    targets = torch.randint(1, 5, (1, tokens))
    expected = brute_force(logits[0], targets[0].tolist(), lattice)
    loss = transducer_loss(logits, torch.tensor([steps]), targets, torch.tensor([tokens]), lattice)
    wanted = 0.0 if expected is None else float(expected) / max(1, tokens)
    assert float(loss) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("lattice", LATTICES)
def test_padding_changes_nothing(lattice: SymbolsPerStep) -> None:
    """Utterances of different lengths in one batch, padded with what would hurt if it were read."""
    torch.manual_seed(1)
    lengths, target_lengths = torch.tensor([6, 3, 4]), torch.tensor([3, 1, 0])
    logits = torch.randn(3, 6, 4, 7)
    targets = torch.tensor([[1, 5, 5], [2, 6, 6], [3, 3, 3]])
    alone = []
    for row, steps, tokens in zip(range(3), lengths.tolist(), target_lengths.tolist(), strict=True):
        logits[row, steps:] = 50 * torch.randn(6 - steps, 4, 7)
        part = logits[row : row + 1, :steps, : tokens + 1]
        alone.append(
            transducer_loss(
                part,
                lengths[row : row + 1],
                targets[row : row + 1, :tokens],
                target_lengths[row : row + 1],
                lattice,
            )
        )
    together = transducer_loss(logits, lengths, targets, target_lengths, lattice)
    torch.testing.assert_close(together, torch.stack(alone).mean(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("lattice", LATTICES)
def test_the_gradient_is_the_numerical_one(lattice: SymbolsPerStep) -> None:
    torch.manual_seed(2)
    logits = torch.randn(2, 4, 3, 4, dtype=torch.float64, requires_grad=True)
    lengths, targets = torch.tensor([4, 3]), torch.tensor([[1, 2], [3, 0]])
    assert torch.autograd.gradcheck(
        lambda x: transducer_loss(x, lengths, targets, torch.tensor([2, 1]), lattice), (logits,)
    )


@pytest.mark.parametrize("lattice", LATTICES)
def test_single_precision_stays_close_on_a_long_utterance(lattice: SymbolsPerStep) -> None:
    torch.manual_seed(3)
    logits = 4 * torch.randn(2, 150, 21, 30)
    lengths, target_lengths = torch.tensor([150, 120]), torch.tensor([20, 9])
    targets = torch.randint(1, 30, (2, 20))
    single = transducer_loss(logits, lengths, targets, target_lengths, lattice)
    double = transducer_loss(logits.double(), lengths, targets, target_lengths, lattice)
    assert float(single) == pytest.approx(float(double), rel=1e-5)


def test_an_utterance_too_short_for_its_text_has_no_loss_and_no_gradient() -> None:
    logits = torch.randn(2, 2, 4, 5, requires_grad=True)
    targets, target_lengths = torch.tensor([[1, 2, 3], [1, 0, 0]]), torch.tensor([3, 1])
    loss = transducer_loss(logits, torch.tensor([2, 2]), targets, target_lengths)
    loss.backward()
    assert loss > 0
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert not logits.grad[0].any()
    assert logits.grad[1].any()


def test_an_utterance_without_text_is_all_blanks() -> None:
    logits = torch.randn(1, 5, 1, 4)
    none = torch.zeros(1, 0, dtype=torch.int64), torch.tensor([0])
    losses = [transducer_loss(logits, torch.tensor([5]), *none, lattice) for lattice in LATTICES]
    expected = -logits.log_softmax(3)[0, :, 0, 0].sum()
    for loss in losses:
        torch.testing.assert_close(loss, expected)
