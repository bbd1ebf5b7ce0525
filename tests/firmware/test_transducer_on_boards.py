"""A transducer in the app on virtual Cortex-M4 and M55: logits, tokens and text are stock TFLM's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qemu_board import QemuBoard
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.decode import GreedyTransducer, best_token, decode_ids
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.tflite.metadata import read_tokens
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.protocol import messages as m

SIZES = {"d_model": 24, "layers": 2, "heads": 2, "head_dim": 12, "positions": 8, "ffn": 48, "vocabulary": 40}
STEPS, BATCH, RESET_AT = 180, 20, 100


@pytest.mark.parametrize("name", ["mps2-an386", "mps3-an547"])
def test_the_device_decodes_what_tflm_decodes(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    path = tmp_path / "model.tflite"
    path.write_bytes(convert(random_checkpoint(4, head="transducer", **SIZES)))
    generate(path, board, tmp_path / "c")
    elf = build_firmware(tmp_path / "c", board, tmp_path / "firmware.elf").elf
    features = random_features(STEPS, 160, 8)
    runner, decoder = TflmRunner(path.read_bytes()), GreedyTransducer()
    tokens = read_tokens(runner.model)
    assert tokens is not None
    with QemuBoard(board, elf) as device:
        self_test = device.ask(m.SelfTestRequest(m.SelfTests.WEIGHTS | m.SelfTests.KERNELS))
        assert isinstance(self_test, m.SelfTestReply)
        assert self_test.failed == 0
        for first in range(0, STEPS, BATCH):
            if first == RESET_AT:
                device.ask(m.ResetRequest())
                runner.reset()
                decoder.reset()
            rows = features[first : first + BATCH]
            reply = device.ask(m.StepFeaturesRequest(BATCH, m.StepFlags.LOGITS, 160, 1, rows, None))
            assert isinstance(reply, m.StepFeaturesReply)
            for index, row in enumerate(rows):
                logits, gates = runner.step(row[None], np.zeros((1, 4), np.int8), *decoder.inputs())
                emitted = decoder.push(best_token(logits))
                assert np.array_equal(reply.logits[index], logits.ravel()), f"logits of step {first + index}"
                bits = np.unpackbits(reply.gates[index], bitorder="little")[:4]
                assert np.array_equal(bits, gates.ravel()), f"gates of step {first + index}"
                assert reply.tokens[index] == (-1 if emitted is None else emitted)
        text = device.ask(m.TextRequest(0))
    assert isinstance(text, m.TextReply)
    assert 3 < len(decoder.ids) < STEPS - RESET_AT
    assert text.text.tobytes().decode() == decode_ids(decoder.ids, tokens.tokens)
