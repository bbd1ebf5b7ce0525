"""Graphs through the Vela compiler: command streams, constants, places of inputs and outputs, estimates.

Vela runs in a process of its own (``vela_worker.py``), because graphs that it does not expect can abort it.
"""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.command_stream import Command, parse
from skipstone.firmware.codegen.npu.errors import RefusedGraphError, VelaError
from skipstone.firmware.codegen.npu.relocation import Place
from skipstone.firmware.codegen.npu.vela_worker import LOG, STATUS

CONSTANTS_REGION = 0
SCRATCH_REGION = 1
_TIMEOUT_S = 120
_PAYLOAD_WORD = 7
"""First word of the payload's body; the one before it holds the offset of the command stream from here."""
_MAGIC = int.from_bytes(b"COP2", "little")


@dataclass(frozen=True)
class OperatorEstimate:
    """What Vela says of one operation; ``target`` is ``NPU`` or ``CPU``.

    Attributes:
        cycles: estimated, with waiting for memory.
        compute_cycles: estimated, of the NPU's own units.
    """

    name: str
    kind: str
    target: str
    cycles: int
    compute_cycles: int


@dataclass(frozen=True, eq=False)
class CompiledGraph:
    """A graph as Vela left it.

    Attributes:
        commands: the stream, which ends with ``STOP``.
        constants: uint8, region 0: compressed weights, biases, tables.
        scratch_bytes: size of region 1, temporaries.
        inputs: where each graph input is read.
        outputs: where each graph output is written.
        operators: in order of execution.
    """

    commands: tuple[Command, ...]
    constants: NDArray[np.uint8]
    scratch_bytes: int
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    operators: tuple[OperatorEstimate, ...]

    @property
    def cycles(self) -> int:
        """Of one run, estimated."""
        return sum(operator.cycles for operator in self.operators)

    @property
    def compute_cycles(self) -> int:
        """The same without waiting for memory."""
        return sum(operator.compute_cycles for operator in self.operators)


def require_vela() -> None:
    """Check that Vela is there.

    Raises:
        VelaError: it is not installed.
    """
    if importlib.util.find_spec("ethosu") is None or importlib.util.find_spec("ethosu.vela") is None:
        raise VelaError("the Vela compiler is not installed", "pip install 'skipstone[npu]'")


def compile_graphs(
    graphs: Sequence[tuple[str, bytes]], accelerator: Accelerator
) -> list[CompiledGraph | RefusedGraphError]:
    """Compile several .tflite files all of whose operators shall run on the NPU.

    Args:
        graphs: name, for messages, and file; one subgraph each.
        accelerator: target.

    Returns:
        For each graph what Vela made of it, or why it made nothing that runs on the NPU alone.

    Raises:
        VelaError: Vela is absent, or writes what this version does not understand.
    """
    require_vela()
    if not graphs:
        return []
    with tempfile.TemporaryDirectory(prefix="skipstone-npu-") as scratch:
        folders = [Path(scratch) / str(index) for index in range(len(graphs))]
        for folder, (_, graph) in zip(folders, graphs, strict=True):
            folder.mkdir()
            (folder / "graph.tflite").write_bytes(graph)
        end = _run(folders, accelerator)
        return [
            _result(name, folder, accelerator, end) for folder, (name, _) in zip(folders, graphs, strict=True)
        ]


def _run(folders: Sequence[Path], accelerator: Accelerator) -> str:
    """Run the worker; a graph that kills it does not keep the others from being compiled.

    Returns:
        How the worker ended, for a graph without a word of Vela.
    """
    options = [
        *("--accelerator-config", accelerator.name, "--config", "Arm/vela.ini"),
        *("--system-config", accelerator.system, "--memory-mode", accelerator.memory_mode),
        *("--output-format", "raw", "--cop-format", "COP2", "--separate-io-regions"),
        "--verbose-performance",
    ]
    worker = "skipstone.firmware.codegen.npu.vela_worker"
    pending, end = list(folders), ""
    while pending:
        command = [sys.executable, "-m", worker, *map(str, pending), "--", *options]
        limit = _TIMEOUT_S * len(pending)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
            end = f"it ended with status {done.returncode}"
        except subprocess.TimeoutExpired:
            end = "it did not end in time"
        unfinished = [folder for folder in pending if not (folder / STATUS).is_file()]
        pending = unfinished[1:]  # the first one has ended the worker
    return end


def _result(name: str, folder: Path, accelerator: Accelerator, end: str) -> CompiledGraph | RefusedGraphError:
    log_file, status_file = folder / LOG, folder / STATUS
    log = log_file.read_text(encoding="utf-8", errors="replace") if log_file.is_file() else ""
    status = status_file.read_text(encoding="ascii") if status_file.is_file() else ""
    remedy = "leave it to the CPU, or convert the model again"
    if status != "0":
        said = _reason(log) if log.strip() else end
        return RefusedGraphError(f"vela refuses {name} for {accelerator.name}: {said}", remedy)
    operators = _operators(folder / "out" / "graph_per-layer.csv")
    left = [operator for operator in operators if operator.target != "NPU"]
    if left:
        names = ", ".join(f"{operator.kind} '{operator.name}'" for operator in left)
        return RefusedGraphError(
            f"vela places it on the CPU: {names}", remedy, frozenset(operator.name for operator in left)
        )
    try:
        return _read(folder / "out", operators)
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise VelaError(
            f"vela's output for {name} cannot be read: {error}", "pip install 'skipstone[npu]'"
        ) from error


def _reason(log: str) -> str:
    """The lines of Vela's output that say why, the last ones where none does."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    told = [line for line in lines if line.lower().startswith(("error", "warning", "vela: error"))]
    return "; ".join((told or lines)[-4:]) or "it says nothing"


def _operators(path: Path) -> tuple[OperatorEstimate, ...]:
    if not path.is_file():
        return ()
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(
            OperatorEstimate(
                row["Name"],
                row["Original Operator"],
                row["Target"],
                round(float(row["Op Cycles"])),
                round(float(row["NPU"])),
            )
            for row in csv.DictReader(file)
        )


def _read(folder: Path, operators: tuple[OperatorEstimate, ...]) -> CompiledGraph:
    with np.load(folder / "graph_vela.npz", allow_pickle=False) as data:
        return _compiled({name: data[name] for name in data.files if "quantization" not in name}, operators)


def _compiled(data: dict[str, Any], operators: tuple[OperatorEstimate, ...]) -> CompiledGraph:
    if int(data["scratch_fast_size"]) > 0 or int(data["weight_region"]) != CONSTANTS_REGION:
        raise ValueError("a memory layout of another version")
    return CompiledGraph(
        tuple(parse(_stream(_bytes(data["cmd_data"])))),
        np.frombuffer(_bytes(data["weight_data"]), np.uint8),
        int(data["scratch_size"]),
        _places(data, "input"),
        _places(data, "output"),
        operators,
    )


def _bytes(array: NDArray[Any]) -> bytes:
    """A bytes array; NumPy drops zeros at its end."""
    return bytes(array.item()).ljust(array.dtype.itemsize, b"\0")


def _stream(payload: bytes) -> NDArray[np.uint32]:
    """The commands in a payload of format COP2."""
    words = np.frombuffer(payload, "<u4")
    if words.size <= _PAYLOAD_WORD or words[0] != _MAGIC:
        raise ValueError("no payload of format COP2")
    return words[_PAYLOAD_WORD + int(words[_PAYLOAD_WORD - 1]) // 4 :].astype(np.uint32)


def _places(data: dict[str, Any], kind: str) -> tuple[Place, ...]:
    columns = [data[f"{kind}_{name}"] for name in ("region", "offset", "shape", "elem_size")]
    return tuple(
        Place(int(region), int(offset), int(np.prod(shape)) * int(size))
        for region, offset, shape, size in zip(*columns, strict=True)
    )
