"""Boards: what ``board.toml`` says about the target, checked and typed.

A board is a folder with a ``board.toml`` (keys: ``docs/reference/interfaces.md``, section 6). Those of
Skipstone lie in ``firmware/boards/``; a user's own lies anywhere and is named by its path.
"""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from skipstone.quantize.errors import SkipstoneError

BOARDS_FOLDER = Path(__file__).resolve().parent.parent / "boards"

Core = Literal["cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]
KernelVariant = Literal["ref", "dsp", "mve"]
Address = Annotated[int, Field(ge=0, lt=1 << 32)]

VARIANTS_OF_CORE: dict[str, tuple[str, ...]] = {
    "cortex-m4": ("ref", "dsp"),
    "cortex-m7": ("ref", "dsp"),
    "cortex-m33": ("ref", "dsp"),
    "cortex-m55": ("ref", "dsp", "mve"),
}


class BoardError(SkipstoneError):
    """A board does not exist or its ``board.toml`` is wrong."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MemoryRegion(_Table):
    """One region of the memory map, in bytes."""

    origin: Address
    length: Annotated[int, Field(gt=0, lt=1 << 32)]

    @property
    def end(self) -> int:
        """First address after the region."""
        return self.origin + self.length


class Uart(_Table):
    """The serial port of the protocol; ``irq`` is the external interrupt number of its receiver.

    Pins (such as ``PB6``) and their alternate function only matter to the driver ``stm32f4``.
    """

    driver: Literal["cmsdk", "stm32f4"]
    base: Address
    irq: Annotated[int, Field(ge=0, lt=480)]
    baud: Annotated[int, Field(ge=9600, le=4_000_000)]
    tx_pin: Annotated[str, Field(pattern=r"^P[A-K]([0-9]|1[0-5])$")] | None = None
    rx_pin: Annotated[str, Field(pattern=r"^P[A-K]([0-9]|1[0-5])$")] | None = None
    alternate_function: Annotated[int, Field(ge=0, le=15)] = 7

    @model_validator(mode="after")
    def _has_pins(self) -> Uart:
        if self.driver == "stm32f4" and (self.tx_pin is None or self.rx_pin is None):
            raise ValueError("driver stm32f4 needs tx_pin and rx_pin")
        return self


class Clock(_Table):
    """Clock set-up at start; ``none``: the part starts at ``clock_hz`` by itself."""

    driver: Literal["none", "stm32f4"] = "none"
    crystal_hz: Annotated[int, Field(ge=0)] = 0


class Counter(_Table):
    """Source of instruction and cycle counts; ``auto``: DWT where it counts, else the virtual counter."""

    driver: Literal["virtual", "dwt", "pmu", "auto"]


class Flash(_Table):
    """Ways to load an image, the preferred one first; ``target`` is the name that a probe's software uses."""

    methods: Annotated[list[str], Field(min_length=1)]
    target: str | None = None


class PlatformIo(_Table):
    """The environment of ``platformio.ini`` that builds for this board."""

    environment: str


class Virtual(_Table):
    """The QEMU machine (``-M``) that stands in for the board."""

    machine: str
    options: list[str] = []


class Npu(_Table):
    """An Ethos-U: which one, where its registers lie and which memory it reaches.

    ``memory`` names the regions of ``[memory]`` that its bus reaches (a core's tightly coupled memory is not
    among them); arena and states of a model that uses it lie in region ``ram``, streams and weights in
    ``flash``. ``irq`` is its external interrupt number (not used where it is ``polled``), ``timeout_ms`` the
    longest a job may take. ``queue_memory`` and ``region_memory`` are QCONFIG and REGIONCFG: the bus port of
    the command stream and of each region.
    ``memory_mode`` is Vela's name for what ``flash`` is in its estimates: another SRAM, or a slow flash.
    """

    accelerator: Literal[
        "ethos-u55-32", "ethos-u55-64", "ethos-u55-128", "ethos-u55-256", "ethos-u65-256", "ethos-u65-512"
    ]
    base: Address
    irq: Annotated[int, Field(ge=0, lt=480)]
    polled: bool = False
    timeout_ms: Annotated[int, Field(ge=1, le=10_000)] = 500
    memory: Annotated[list[str], Field(min_length=1)]
    ram: str
    memory_mode: Literal["Sram_Only", "Shared_Sram"] = "Shared_Sram"
    queue_memory: Annotated[int, Field(ge=0, le=3)] = 0
    region_memory: Annotated[int, Field(ge=0, lt=1 << 16)] = 0
    non_secure: bool = False

    @property
    def macs(self) -> int:
        """Multiply-accumulates a cycle."""
        return int(self.accelerator.rsplit("-", 1)[1])


class Energy(_Table):
    """Energy model: ``cycles * active_nj_per_cycle + seconds * idle_mw`` (nJ, mJ).

    ``active_nj_per_cycle`` is what an active cycle adds to the idle floor. Measured at ``voltage`` volts and
    ``clock_hz`` on the part that ``source`` names.
    """

    active_nj_per_cycle: Annotated[float, Field(ge=0)]
    idle_mw: Annotated[float, Field(ge=0)]
    voltage: Annotated[float, Field(gt=0)]
    clock_hz: Annotated[int, Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    kind: Literal["measured", "datasheet", "estimated"]


class Board(_Table):
    """One board. ``folder`` is where its ``board.toml`` lies."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    title: str
    core: Core
    clock_hz: Annotated[int, Field(gt=0, lt=1 << 32)]
    cflags: list[str]
    kernel_variant: KernelVariant
    stack_bytes: Annotated[int, Field(ge=1024, multiple_of=32)] = 8192
    memory: dict[str, MemoryRegion]
    weights: str = "flash"
    """Region of the packed constants; any but ``flash`` is filled from flash at start-up."""
    clock: Clock = Clock()
    uart: Uart
    counter: Counter
    flash: Flash
    platformio: PlatformIo
    virtual: Virtual | None = None
    npu: Npu | None = None
    energy: Energy
    folder: Path

    @model_validator(mode="after")
    def _consistent(self) -> Board:
        missing = [name for name in ("flash", "ram") if name not in self.memory]
        if missing:
            raise ValueError(f"[memory] lacks {' and '.join(missing)}")
        if self.weights not in self.memory:
            raise ValueError(f"weights = '{self.weights}', but [memory] has {', '.join(self.memory)}")
        regions = sorted(self.memory.items(), key=lambda item: item[1].origin)
        for (low_name, low), (high_name, high) in pairwise(regions):
            if low.end > high.origin:
                raise ValueError(f"[memory] {low_name} and {high_name} overlap")
        if self.kernel_variant not in VARIANTS_OF_CORE[self.core]:
            raise ValueError(f"kernel_variant {self.kernel_variant} cannot run on a {self.core}")
        if not any(flag.startswith(f"-mcpu={self.core}") for flag in self.cflags):
            raise ValueError(f"cflags lack -mcpu={self.core}")
        if self.stack_bytes >= self.memory["ram"].length:
            raise ValueError("stack_bytes leaves no RAM")
        if self.npu is not None:
            self._check_npu(self.npu)
        return self

    def _check_npu(self, npu: Npu) -> None:
        unknown = [name for name in (*npu.memory, npu.ram) if name not in self.memory]
        if unknown:
            raise ValueError(f"[npu] names {', '.join(unknown)}, but [memory] has {', '.join(self.memory)}")
        unreachable = [name for name in ("flash", npu.ram) if name not in npu.memory]
        if unreachable:
            raise ValueError(f"[npu] memory lacks {' and '.join(unreachable)}: streams or data lie there")
        if npu.irq == self.uart.irq:
            raise ValueError("[npu] irq is the UART's")

    @property
    def flash_bytes(self) -> int:
        """Bytes of the region that holds constants and weights."""
        return self.memory["flash"].length

    @property
    def ram_bytes(self) -> int:
        """Bytes of the region that holds stack, data, arena and state."""
        return self.memory["ram"].length

    @property
    def code_region(self) -> str:
        """Name of the region with vectors and instructions: ``code`` where there is one, else ``flash``."""
        return "code" if "code" in self.memory else "flash"


def board_names() -> list[str]:
    """Names of Skipstone's own boards, sorted."""
    return sorted(path.parent.name for path in BOARDS_FOLDER.glob("*/board.toml"))


def load_board(name_or_path: str | Path) -> Board:
    """Load a board by its name, or by the path of its folder or of its ``board.toml``.

    Raises:
        BoardError: there is no such board, or its file is not valid; the message names every wrong key.
    """
    path = _find(name_or_path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BoardError(
            f"{path}: {error}", "correct the file; firmware/boards/*/board.toml are examples"
        ) from error
    try:
        return Board(**{**data, "folder": path.parent})
    except ValidationError as error:
        raise BoardError(
            f"{path}: {_problems(error)}", "correct these keys; see interfaces.md, section 6"
        ) from error


def _find(name_or_path: str | Path) -> Path:
    own = BOARDS_FOLDER / str(name_or_path) / "board.toml"
    if isinstance(name_or_path, str) and name_or_path in board_names():
        return own
    path = Path(name_or_path)
    for candidate in (path / "board.toml", path):
        if candidate.is_file():
            return candidate.resolve()
    raise BoardError(
        f"there is no board '{name_or_path}'",
        f"use one of {', '.join(board_names())}, or the path of a folder with a board.toml",
    )


def _problems(error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"]) or "board"
        problems.append(f"{key}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(problems)
