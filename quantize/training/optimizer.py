"""The optimizers of a stage, behind one learning-rate schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from skipstone.quantize.training.schedule import one_cycle
from skipstone.quantize.training.stage_recipe import Stage
from torch import Tensor, nn

NOT_HIDDEN = re.compile(r"^head\.|arbitrator\.logit\.|^front\.conv\.|embedding")
"""Matrices that Muon leaves to AdamW: outputs, embeddings, and the taps of the depthwise convolution, which
are no linear map from channels to channels."""


class StageOptimizer:
    """AdamW, or Muon for the hidden matrices and AdamW for the rest.

    AdamW: Loshchilov and Hutter 2019; matrices decay, vectors do not, activation scales (names that end in
    ``log_scale``) have their own rate. Muon: Jordan et al. 2024 ("Muon: an optimizer for hidden layers in
    neural networks"), as ``torch.optim.Muon`` has it, with the update scaled to the root mean square of
    AdamW's (Liu et al. 2025, "Muon is scalable for LLM training", section 2.2), so that one learning rate
    serves both.
    """

    def __init__(self, network: nn.Module, stage: Stage) -> None:
        self.stage = stage
        rate = stage.learning_rate
        groups: dict[str, list[nn.Parameter]] = {"hidden": [], "matrices": [], "vectors": [], "scales": []}
        for name, parameter in network.named_parameters():
            groups[_kind(name, parameter, stage)].append(parameter)
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(
                [
                    {"params": groups["matrices"], "peak": rate, "weight_decay": stage.weight_decay},
                    {"params": groups["vectors"], "peak": rate, "weight_decay": 0.0},
                    {
                        "params": groups["scales"],
                        "peak": rate * stage.scale_learning_rate,
                        "weight_decay": 0.0,
                    },
                ],
                lr=rate,
                betas=(0.9, 0.98),
            )
        ]
        if groups["hidden"]:
            hidden = {"params": groups["hidden"], "peak": rate}
            decay = stage.weight_decay
            muon = torch.optim.Muon([hidden], lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
            self.optimizers.append(muon)

    def set_progress(self, progress: float) -> float:
        """Set the learning rates for ``progress`` (0 … 1) of the stage; return that of the matrices."""
        factor = one_cycle(progress, self.stage.warm_up, final=self.stage.final_learning_rate)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor
        return self.stage.learning_rate * factor

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Update all parameters that have a gradient."""
        for optimizer in self.optimizers:
            optimizer.step()

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Everything to be kept for a resumption, as ``<optimizer>.<parameter>.<name>``."""
        for number, optimizer in enumerate(self.optimizers):
            for index, moments in optimizer.state_dict()["state"].items():
                for name, value in moments.items():
                    yield f"{number}.{index}.{name}", torch.as_tensor(value)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take back what :meth:`tensors` gave."""
        for number, optimizer in enumerate(self.optimizers):
            moments: dict[int, dict[str, Any]] = {}
            for key, value in tensors.items():
                owner, index, name = key.split(".")
                if int(owner) == number:
                    moments.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def _kind(name: str, parameter: nn.Parameter, stage: Stage) -> str:
    if name.endswith("log_scale"):
        return "scales"
    if parameter.ndim < 2:
        return "vectors"
    hidden = stage.optimizer == "muon" and parameter.ndim == 2 and not NOT_HIDDEN.search(name)
    return "hidden" if hidden else "matrices"
