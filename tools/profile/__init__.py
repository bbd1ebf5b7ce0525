"""Cost per step and per block, measured on a board."""

from skipstone.tools.profile.energy import EnergyModel
from skipstone.tools.profile.measure import clip_features, profile_features
from skipstone.tools.profile.record import CostProfile, PartCost, StepTable
from skipstone.tools.profile.table import profile_table

__all__ = [
    "CostProfile",
    "EnergyModel",
    "PartCost",
    "StepTable",
    "clip_features",
    "profile_features",
    "profile_table",
]
