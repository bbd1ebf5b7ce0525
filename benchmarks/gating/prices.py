"""What the loss counts in the variant ``board_costs``: instructions of a Cortex-M55 instead of MACs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from boards import board_with
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.losses.profile_costs import profile_costs
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.tools.profile import profile_features

BOARD = "mps3-an547"
STEPS = 40
"""The board counts exactly, and an executed block costs the same at every step but the first few."""


def board_costs(config: ModelConfig, folder: Path) -> NetworkCosts:
    """Instructions of every part of a network of architecture ``config``, all gates open.

    The weights are random: what a block costs does not depend on them.

    Args:
        config: of the trial.
        folder: gets the profile and the firmware that was profiled.
    """
    profile = folder / f"profile-{BOARD}.json"
    if not profile.exists():
        model = folder / "random" / "model.tflite"
        write_file(model, convert(random_checkpoint(1, **asdict(config))))
        features = random_features(STEPS, config.feature_count, 1)
        with board_with(model, BOARD, model.parent) as device:
            measured = profile_features(device, load_board(BOARD), [features], "all")
        write_file(profile, json.dumps(measured.as_dict(), indent=1))
    return profile_costs(profile, config, "instructions")
