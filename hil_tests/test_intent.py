"""What the board understands equals the host's decoder on the board's logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.intent.decoder import IntentDecoder
from skipstone.quantize.intent.grammar import read_grammar
from skipstone.quantize.intent.model import grammar_for_model
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.device import Device, RequestRefusedError

STEPS, PAGE = 240, 20


def test_intent_equals_the_host(device: Device, model_file: Path, features: NDArray[np.int8]) -> None:
    try:
        device.intent()
    except RequestRefusedError:
        pytest.skip("the firmware was generated without a grammar")
    grammar = read_grammar(model_file.with_name("grammar.toml"))
    decoder = IntentDecoder(grammar_for_model(read_model(model_file.read_bytes()), grammar))
    device.reset()
    for first in range(0, STEPS, PAGE):
        for row in device.step_features(features[first : first + PAGE]).logits:
            decoder.push(row)
        expected, reading = decoder.result(), device.intent()
        assert (reading.intent, reading.slots) == (expected.intent, expected.slots)
        assert (reading.score, reading.steps) == (expected.score, expected.steps)
    assert reading.instructions > 0 or device.info.instructions_kind == "none"
