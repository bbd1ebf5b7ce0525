"""Exponential moving average of the weights."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]


class WeightAverage:
    """Average of the network after each update (Polyak and Juditsky 1992, with exponential weights).

    Running statistics of batch normalization are averaged like weights. The decay grows as
    ``min(decay, (1 + n) / (10 + n))`` with the number of updates n, so that a short stage does not keep the
    weights that it began with (the rule of TensorFlow's ``ExponentialMovingAverage``).

    Args:
        network: what is averaged; its tensors as they are now are the first average.
        decay: of the average, 0 … 1; with 0 the average is the network itself.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.current = network
        self.decay = decay
        self.updates = 0
        self._averaged: AveragedModel | None = None
        if decay > 0:
            self._averaged = AveragedModel(network, multi_avg_fn=self._mix, use_buffers=True)
            self._averaged.n_averaged += 1  # the copy is the first average

    @property
    def network(self) -> nn.Module:
        """What evaluation and checkpoints use."""
        return self.current if self._averaged is None else self._averaged.module

    def update(self) -> None:
        """Take in the network after an update."""
        self.updates += 1
        if self._averaged is not None:
            self._averaged.update_parameters(self.current)

    def tensors(self) -> dict[str, Tensor]:
        """The average, to be kept for a resumption; nothing where there is none of its own."""
        return {} if self._averaged is None else dict(self.network.state_dict())

    def restore(self, tensors: dict[str, Tensor], updates: int) -> None:
        """Take back what :meth:`tensors` gave after ``updates`` updates."""
        self.updates = updates
        if self._averaged is not None:
            self._averaged.module.load_state_dict(tensors)

    def _mix(self, averaged: Tensors, current: Tensors, _: Tensor | int) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        get_ema_multi_avg_fn(decay)(averaged, current, self.updates)
