"""Generated C on the host: compiled with the sanitizers, fed a stream of commands, its answers parsed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.firmware.codegen.generate import generate

RUNTIME = Path(__file__).resolve().parents[2] / "firmware" / "runtime"
PROGRAM = Path(__file__).with_name("stream_program.c")
FLAGS = (
    *("-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
STEP, TRACED_STEP, GATE_SOURCE, OFFSET, RESET, STATES, SELF_TEST = range(7)
SOURCES = {"arbitrator": 0, "all": 1, "none": 2, "mask": 3, "trace": 4}


def host_board() -> Board:
    """A board whose kernels run anywhere."""
    return load_board("mps2-an386").model_copy(update={"kernel_variant": "ref"})


@dataclass(frozen=True)
class StepResult:
    """One step of the C."""

    logits: NDArray[np.int8]
    gates: NDArray[np.uint8]
    token: int


@dataclass
class HostModel:
    """A compiled model and the commands for it; ``run`` executes all that were queued."""

    executable: Path
    feature_count: int
    logit_count: int
    block_count: int
    state_bytes: dict[str, int]
    _commands: bytearray = field(default_factory=bytearray)
    _parsers: list[Callable[[memoryview], int]] = field(default_factory=list)
    steps: list[StepResult] = field(default_factory=list)
    states: list[dict[str, NDArray[np.int8]]] = field(default_factory=list)

    def step(self, features: NDArray[np.int8], trace: NDArray[np.bool_] | None = None) -> None:
        """Queue a step, with per-step gate bits if the source is ``trace``."""
        self._commands.append(STEP if trace is None else TRACED_STEP)
        self._commands += features.astype(np.int8).tobytes()
        if trace is not None:
            self._commands += trace.astype(np.uint8).tobytes()
        self._parsers.append(self._parse_step)

    def gate_source(self, source: str, mask: NDArray[np.bool_] | None = None) -> None:
        """Queue a change of the gate source."""
        self._commands += bytes([GATE_SOURCE, SOURCES[source]])
        bits = np.zeros(self.block_count, np.uint8) if mask is None else mask.astype(np.uint8)
        self._commands += bits.tobytes()

    def offset(self, value: int) -> None:
        """Queue a threshold offset."""
        self._commands += bytes([OFFSET, value & 0xFF])

    def reset(self) -> None:
        """Queue a reset."""
        self._commands.append(RESET)

    def self_test(self) -> None:
        """Queue the weight check and the known answer."""
        self._commands.append(SELF_TEST)

    def read_states(self) -> None:
        """Queue a dump of all states."""
        self._commands.append(STATES)
        self._parsers.append(self._parse_states)

    def run(self) -> None:
        """Run the program on all queued commands; results go to ``steps`` and ``states``."""
        result = subprocess.run(
            [self.executable], input=bytes(self._commands), capture_output=True, check=False
        )
        assert result.returncode == 0, result.stderr.decode()[-3000:]
        output = memoryview(result.stdout)
        for parse in self._parsers:
            output = output[parse(output) :]
        assert len(output) == 0
        self._commands.clear()
        self._parsers.clear()

    def _parse_step(self, output: memoryview) -> int:
        end = self.logit_count + self.block_count
        logits = np.frombuffer(output[: self.logit_count], np.int8)
        gates = np.frombuffer(output[self.logit_count : end], np.uint8)
        token = int(np.frombuffer(output[end : end + 4], "<i4")[0])
        self.steps.append(StepResult(logits, gates, token))
        return end + 4

    def _parse_states(self, output: memoryview) -> int:
        offset, found = 0, {}
        for name, size in self.state_bytes.items():
            found[name] = np.frombuffer(output[offset : offset + size], np.int8)
            offset += size
        self.states.append(found)
        return offset


def build_host_model(model: bytes, folder: Path, program: Path = PROGRAM) -> HostModel:
    """Generate C for ``model`` and compile it with the stream program, or with another one."""
    path = folder / "model.tflite"
    path.write_bytes(model)
    generated = generate(path, host_board(), folder / "c")
    sources = [RUNTIME / line for line in generated.files["kernels.txt"].split()]
    sources += sorted((folder / "c").glob("*.c"))
    includes = ["-I", str(RUNTIME / "include"), "-I", str(RUNTIME / "frontend"), "-I", str(folder / "c")]
    executable = folder / "stream"
    command = ["gcc", *FLAGS, *includes, *map(str, sources), str(program), "-o", str(executable)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-5000:]
    compiled = generated.model.program
    return HostModel(
        executable,
        compiled.features.bytes,
        compiled.logits.bytes,
        len(generated.model.facts.blocks),
        {state.name: state.bytes for state in compiled.states},
    )
