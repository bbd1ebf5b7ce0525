"""All of ``skipstone validate``: generate, build, flash, run, compare, and find the first difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.errors import CodegenError
from skipstone.firmware.codegen.generate import compile_network
from skipstone.firmware.codegen.importer import build_network
from skipstone.quantize.artefacts import write_file
from skipstone.tools.run.firmware import make_firmware
from skipstone.tools.run.flashed import flashed
from skipstone.tools.validate.compare import Difference, compare_stream
from skipstone.tools.validate.locate import FirstDifference, Locator
from skipstone.tools.validate.reference import Reference

GATE_SOURCES = ("arbitrator", "all", "none")


@dataclass(frozen=True)
class Validation:
    """Outcome of one model on one board.

    Attributes:
        model: name.
        sha256: digest of the .tflite, as the board has reported it.
        board: name.
        steps: steps of each stream.
        gates: gate sources, one stream each; only ``arbitrator`` for a model without blocks.
        states: streaming states that were compared.
        differences: none: the board gives TFLM's bytes.
        first: the operator at fault, where one was looked for and found.
    """

    model: str
    sha256: str
    board: str
    steps: int
    gates: tuple[str, ...]
    states: int
    differences: tuple[Difference, ...]
    first: FirstDifference | None = None

    @property
    def is_equal(self) -> bool:
        """Whether every output and state was right."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"version": 1, "equal": self.is_equal, **asdict(self)}


@dataclass(frozen=True)
class Bench:
    """Where models are run.

    Attributes:
        board: virtual, or behind ``port``.
        folder: for generated code and firmware; used again by the next model, so that little is recompiled.
        port: serial port of a real board.
        tell: called with what is being done.
        advance: called with the number of steps done.
    """

    board: Board
    folder: Path
    port: str | None = None
    tell: Callable[[str], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None

    def run(
        self, data: bytes, name: str, features: NDArray[Any], sources: tuple[str, ...]
    ) -> tuple[list[Difference], int, str]:
        """Differences of one model with each gate source, number of states, digest that the board reports."""
        reference = Reference(data)
        if not reference.block_count:
            sources = sources[:1]
        path = self.folder / f"{name}.tflite"
        write_file(path, data)
        self.tell(f"building {name}")
        elf = make_firmware(path, self.board, self.folder)
        found: list[Difference] = []
        with flashed(self.board, elf, self.port) as device:
            self.tell(f"running {name}")
            for source in sources:
                found += compare_stream(device, reference, features, source, self.advance)
            return found, device.info.state_count, device.info.model_sha256


def validate(
    data: bytes, name: str, features: NDArray[Any], bench: Bench, should_locate: bool = True
) -> Validation:
    """Compare a model on a board with stock TFLM, byte for byte, and its states with the integer model.

    Args:
        data: the .tflite.
        name: file name without suffix.
        features: int8 or int16 [n, width].
        bench: board and folder.
        should_locate: on a difference, build shorter models to find the operator.

    Raises:
        SkipstoneError: the model has no C or does not fit, a tool is missing, the board does not answer.
        DifferenceError: TFLM and the integer model differ, so that there is nothing to compare with.
    """
    reference = Reference(data)
    sources = GATE_SOURCES if reference.block_count else GATE_SOURCES[:1]
    differences, states, digest = bench.run(data, name, features, sources)
    first = None
    if differences and should_locate and not reference.has_token_context:
        last = max(difference.step for difference in differences) + 1
        first = _locator(data, bench, features[:last]).find()
    return Validation(
        name, digest, bench.board.name, len(features), sources, states, tuple(differences), first
    )


def _locator(data: bytes, bench: Bench, features: NDArray[Any]) -> Locator:
    def probe(model: bytes, steps: int) -> Difference | None:
        found = bench.run(model, "cut", features[:steps], GATE_SOURCES[:1])[0]
        return next((difference for difference in found if difference.where == "output"), None)

    return Locator(data, _has_code, probe, len(features))


def _has_code(model: bytes) -> bool:
    try:
        compile_network(build_network(model, "cut"))
    except CodegenError:
        return False
    return True
