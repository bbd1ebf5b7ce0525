"""PCM in equals features in, and the text that the board writes is the host's greedy text."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.evaluation.decode import best_token, decode_ids, greedy_decoder
from skipstone.quantize.tflite.metadata import read_tokens
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.device import Device

PCM_STEPS = 100
TEXT_STEPS = 500


@pytest.fixture
def front_end(device: Device) -> None:
    """Skip where the model was generated without a front end."""
    if device.info.samples_per_step == 0:
        pytest.skip("the model has no FEATURES metadata, so its firmware has no front end")


@pytest.mark.usefixtures("front_end")
def test_features_of_the_board_equal_the_hosts(
    device: Device, speech: NDArray[np.int16], features: NDArray[np.int8]
) -> None:
    batch = device.step_pcm(speech[:PCM_STEPS], features=True)
    assert np.array_equal(batch.features, features[:PCM_STEPS])


@pytest.mark.usefixtures("front_end")
def test_pcm_gives_the_same_outputs_as_features(
    device: Device, speech: NDArray[np.int16], features: NDArray[np.int8]
) -> None:
    from_pcm = device.step_pcm(speech[:PCM_STEPS])
    device.reset()
    from_features = device.step_features(features[:PCM_STEPS])
    assert np.array_equal(from_pcm.logits, from_features.logits)
    assert np.array_equal(from_pcm.gates, from_features.gates)
    assert np.array_equal(from_pcm.tokens, from_features.tokens)


@pytest.mark.usefixtures("front_end")
@pytest.mark.parametrize("level", [-32768, 0, 32767])
def test_constant_pcm_at_the_rails(level: int, device: Device) -> None:
    from skipstone.quantize.features.log_mel import log_mel, stack_steps

    pcm = np.full((6, device.info.samples_per_step), level, np.int16)
    expected = stack_steps(log_mel(pcm.reshape(-1)), device.info.frames_per_step)
    assert np.array_equal(device.step_pcm(pcm, features=True).features, expected)


def test_text_equals_greedy_decoding_on_the_host(
    device: Device, model_bytes: bytes, features: NDArray[np.int8]
) -> None:
    tokens = read_tokens(read_model(model_bytes))
    if tokens is None:
        pytest.skip("the model names no tokens")
    batch = device.step_features(features[:TEXT_STEPS])
    decoder = greedy_decoder(tokens.head, tokens.blank)
    emitted = [decoder.push(best_token(row)) for row in batch.logits]
    assert batch.tokens.tolist() == [-1 if token is None else token for token in emitted]
    text = decode_ids(decoder.ids, tokens.tokens)
    assert text.startswith(device.text())
    device.reset()
    assert device.text() == ""


def test_text_of_one_utterance_is_whole(
    device: Device, model_bytes: bytes, features: NDArray[np.int8]
) -> None:
    tokens = read_tokens(read_model(model_bytes))
    if tokens is None:
        pytest.skip("the model names no tokens")
    decoder = greedy_decoder(tokens.head, tokens.blank)
    for row in device.step_features(features[:100]).logits:
        decoder.push(best_token(row))
    assert device.text() == decode_ids(decoder.ids, tokens.tokens)
