"""Modelled cycles: a cost for each instruction of an ELF, as the emulator plugin charges it."""

from skipstone.tools.virtual.costs.generate import CYCLE_MODELS, CycleModel, cost_file, cycle_model

__all__ = ["CYCLE_MODELS", "CycleModel", "cost_file", "cycle_model"]
