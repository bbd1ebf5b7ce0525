"""Model and board → firmware with the benchmark's serial interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.generate import compile_network, generate
from skipstone.firmware.codegen.importer import build_network
from skipstone.quantize.artefacts import write_file
from skipstone.tools.build.board_files import with_baud
from skipstone.tools.build.firmware import BuiltFirmware, build_firmware
from skipstone.tools.build.sources import Application
from skipstone.tools.mlperf.errors import MlperfError

DEFAULT_MODEL_ID = "kws01"
DEFAULT_BAUD = 115_200
DEFAULT_STREAM_STEPS = 25
"""Most steps of one inference of a model with state: one second where a step is 40 ms."""
BAUD_RANGE = (9600, 1_000_000)
_MODEL_ID = re.compile(r"[a-z][a-z0-9]{1,15}")
_SCALE_RANGE = (1e-6, 1e6)
"""Within it a result in eight decimals still tells every quantized value, and a device can write it."""


@dataclass(frozen=True)
class BenchmarkModel:
    """What the benchmark sees of a model.

    Attributes:
        data: the .tflite.
        name: file name without suffix.
        width: bytes of one step.
        most_steps: the longest input, in steps; 1 for a model without state.
        results: values of one result.
        scale: of the results.
        zero_point: of the results.
        is_unsigned: results are uint8, else int8.
    """

    data: bytes
    name: str
    width: int
    most_steps: int
    results: int
    scale: float
    zero_point: int
    is_unsigned: bool


def read_benchmark_model(data: bytes, name: str, steps: int | None = None) -> BenchmarkModel:
    """Check that a model can be benchmarked.

    Args:
        data: the .tflite.
        name: file name without suffix.
        steps: most steps of one inference; ``None``: 1 without state, else ``DEFAULT_STREAM_STEPS``.

    Raises:
        SkipstoneError: the model has no C.
        MlperfError: steps for a model without state, int16 features or results, or results whose scale eight
            decimals cannot tell.
    """
    network = build_network(data, name)
    first = network.main.outputs[0]
    program = compile_network(network)
    if "int16" in (network.main.inputs[0].dtype, first.dtype):
        raise MlperfError(
            f"{name} takes or gives int16; the benchmark's results are made of 8-bit values",
            "use a model with int8 or uint8 input and output",
        )
    has_state = bool(network.states) or program.context_tokens > 0
    if steps is not None and steps != 1 and not has_state:
        raise MlperfError(
            f"{name} has no state: one inference is one step, not {steps}", "leave --steps out for this model"
        )
    scale, zero_point = program.logit_quantization
    if not _SCALE_RANGE[0] <= scale <= _SCALE_RANGE[1]:
        raise MlperfError(
            f"the results of {name} have scale {scale:g}, which a text of eight decimals does not carry",
            f"use a model whose output scale lies in {_SCALE_RANGE[0]:g} … {_SCALE_RANGE[1]:g}",
        )
    return BenchmarkModel(
        data,
        name,
        program.features.bytes,
        (steps or DEFAULT_STREAM_STEPS) if has_state else 1,
        program.logits.bytes,
        float(scale),
        int(zero_point),
        first.dtype == "uint8",
    )


def build_benchmark(
    model: BenchmarkModel,
    board: Board,
    work: Path,
    elf: Path,
    model_id: str = DEFAULT_MODEL_ID,
    baud: int = DEFAULT_BAUD,
) -> BuiltFirmware:
    """Generate C into ``work/code`` and build ``elf``.

    Args:
        model: from :func:`read_benchmark_model`.
        board: target; the serial port gets ``baud`` whatever its board.toml says.
        work: folder of generated code, kept for the next build.
        elf: the image; it appears only if the build succeeds.
        model_id: what the runner chooses its script by, such as ``kws01``.
        baud: bits a second.

    Raises:
        MlperfError: model identifier or baud rate are not possible.
        SkipstoneError: the model does not fit the board, or the compiler refuses the code.
    """
    if _MODEL_ID.fullmatch(model_id) is None:
        raise MlperfError(
            f"'{model_id}' is no model identifier",
            "use letters and digits, as tests.yaml of the runner does: kws01",
        )
    if not BAUD_RANGE[0] <= baud <= BAUD_RANGE[1]:
        raise MlperfError(
            f"{baud} bits a second are out of range", "the benchmark uses 115200, and 9600 to measure energy"
        )
    definitions = (
        f"SS_MLPERF_MODEL={model_id}",
        f"SS_MLPERF_UNSIGNED={int(model.is_unsigned)}",
        f"SS_MLPERF_STEPS={model.most_steps}",
    )
    path = work / f"{model.name}.tflite"
    write_file(path, model.data)
    generate(path, board, work / "code")
    return build_firmware(work / "code", with_baud(board, baud), elf, Application("mlperf", definitions))
