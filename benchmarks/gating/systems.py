"""What the study compares: systems, their targets and seeds, and the size of the model of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts

TARGETS = (0.7, 0.4, 0.25)
SEEDS = (1, 2, 3)
REPEATED_TARGET = 0.4
REPEATED = (("learned", ""), ("dense_small", ""))
SYSTEMS = {
    "dense": ("",),
    "learned": ("", "always_kv", "block_input", "board_costs"),
    "dense_small": ("",),
    "sliding_window": ("",),
    "periodic": ("",),
    "random": ("",),
    "vad": ("",),
}
"""Systems and the variants of each; the plain one has no name."""
AT_REPEATED_TARGET_ONLY = ("board_costs",)
WINDOWS = {0.7: 16, 0.4: 4, 0.25: 1}
"""Attention window of ``sliding_window`` in steps. Attention is a small part of the cost, so that no window
reaches the targets: the compute fraction of the row says what it does reach."""
UNUSED_HIDDEN = 4
"""Hidden width of the arbitrators of systems that do not ask them: as good as none (0.1 % of the MACs)."""


@dataclass(frozen=True)
class Trial:
    """One row of the study, to be trained and evaluated.

    Attributes:
        system: key of :data:`SYSTEMS`.
        variant: empty, or what is different.
        target: compute target C*; 1.0 for ``dense``.
        seed: of the fine-tune.
    """

    system: str
    variant: str
    target: float
    seed: int

    @property
    def name(self) -> str:
        """Folder of the trial."""
        parts = [self.system, self.variant, f"c{round(100 * self.target)}", f"s{self.seed}"]
        return "-".join(part for part in parts if part)

    @property
    def gated_by_model(self) -> bool:
        """The arbitrators of the model decide."""
        return self.system == "learned"


def trials(
    systems: tuple[str, ...] = tuple(SYSTEMS),
    targets: tuple[float, ...] = TARGETS,
    seeds: tuple[int, ...] = SEEDS,
) -> Iterator[Trial]:
    """All rows, in the order in which they matter most.

    The first seed runs everything; the others only the systems of :data:`REPEATED` at C* = 0.4.
    """
    everything: list[Trial] = []
    if "dense" in systems:
        everything.append(Trial("dense", "", 1.0, seeds[0]))
    for target in sorted(targets, key=lambda t: abs(t - REPEATED_TARGET)):
        for system in (s for s in SYSTEMS if s in systems and s != "dense"):
            everything += [
                Trial(system, variant, target, seeds[0])
                for variant in SYSTEMS[system]
                if target == REPEATED_TARGET or variant not in AT_REPEATED_TARGET_ONLY
            ]
        if target == REPEATED_TARGET:
            repeated = [pair for pair in REPEATED if pair[0] in systems]
            everything += [Trial(*pair, target, seed) for seed in seeds[1:] for pair in repeated]
    yield from everything


def trial_config(trial: Trial, dense: ModelConfig) -> ModelConfig:
    """Architecture of a trial's model, given that of the dense one."""
    if trial.system == "learned":
        changes: dict[str, Any] = {
            "always_kv": {"kv_policy": "always_kv"},
            "block_input": {"arbitrator_input": "block"},
        }
        return replace(dense, **changes.get(trial.variant, {}))
    plain = replace(dense, arbitrator_hidden=UNUSED_HIDDEN)
    if trial.system == "sliding_window":
        return replace(plain, positions=WINDOWS[trial.target])
    if trial.system == "dense_small":
        return small_config(plain, average_macs(dense, trial.target))
    return plain


def average_macs(dense: ModelConfig, target: float) -> float:
    """MACs of an average step of a gated model whose compute fraction is ``target``, everything counted."""
    costs = NetworkCosts.of(dense)
    return costs.fixed + target * (sum(costs.blocks) + costs.arbitrators)


def small_config(dense: ModelConfig, macs: float) -> ModelConfig:
    """The dense model made narrower, in steps of four channels, until its MACs are nearest to ``macs``.

    Depth, number of heads, window and the ratio of FFN to width stay; attention is as wide as the model.
    """
    candidates = [
        replace(dense, d_model=width, head_dim=width // dense.heads, ffn=width * dense.ffn // dense.d_model)
        for width in range(8, dense.d_model + 1, 4)
    ]
    return min(candidates, key=lambda config: abs(total_macs(config) - macs))


def total_macs(config: ModelConfig) -> int:
    """MACs of a step with all blocks on."""
    costs = NetworkCosts.of(config)
    return sum(costs.blocks) + costs.fixed + costs.arbitrators
