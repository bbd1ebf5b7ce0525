"""Sums over the processes of a distributed training, with gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed


class _SumOverProcesses(torch.autograd.Function):
    """Forward: the sum. Backward: the sum of the gradients, for every process uses the sum."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        del ctx
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        del ctx
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


def sum_over_processes(x: Tensor) -> Tensor:
    """Sum of ``x`` over all processes, element by element; ``x`` itself where there is one process.

    With DistributedDataParallel, which averages gradients, a loss of such sums has the gradient that one
    process with the whole batch would compute.
    """
    if not distributed.is_available() or not distributed.is_initialized():
        return x
    return _SumOverProcesses.apply(x)
