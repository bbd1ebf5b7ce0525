"""The two files that the C build needs of a board, rendered from its ``board.toml``."""

from __future__ import annotations

from pathlib import Path
from string import Template

from skipstone.firmware.codegen.boards import BOARDS_FOLDER, Board
from skipstone.quantize.artefacts import write_file

_TEMPLATES = BOARDS_FOLDER / "templates"
_STM32_GPIO_BASE = 0x4002_0000
_STM32_GPIO_SPACING = 0x400


def linker_script(board: Board) -> str:
    """Text of the linker script: memory regions and stack of the board."""
    is_copied = board.weights != "flash"
    writable = {"ram", board.weights} if is_copied else {"ram"}
    if board.npu is not None:
        writable.add(board.npu.ram)
    regions = "\n".join(
        f"    {name.upper()} ({'rwx' if name in writable else 'rx'}) : "
        f"ORIGIN = {region.origin:#010x}, LENGTH = {region.length:#x}"
        for name, region in board.memory.items()
    )
    return _render(
        "link.ld.in",
        name=board.name,
        regions=regions,
        code=board.code_region.upper(),
        weights=f"{board.weights.upper()} AT > FLASH" if is_copied else "FLASH",
        weights_in_ram=" + SIZEOF(.weights)" if board.weights == "ram" else "",
        stack_bytes=str(board.stack_bytes),
        model_ram=board.npu.ram.upper() if board.npu is not None else "RAM",
    )


def board_config(board: Board) -> str:
    """Text of ``board_config.h``: the board's constants for the drivers and the application."""
    return _render(
        "board_config.h.in",
        name=board.name,
        core=board.core,
        clock_hz=str(board.clock_hz),
        crystal_hz=str(board.clock.crystal_hz),
        uart_base=f"{board.uart.base:#010x}",
        uart_irq=str(board.uart.irq),
        uart_baud=str(board.uart.baud),
        pins=_pins(board),
        npu=_npu(board),
        ram_origin=f"{board.memory['ram'].origin:#010x}",
        ram_bytes=f"{board.ram_bytes:#x}",
        stack_bytes=str(board.stack_bytes),
    )


def with_baud(board: Board, baud: int) -> Board:
    """The same board with its serial port at ``baud`` bits a second."""
    return board.model_copy(update={"uart": board.uart.model_copy(update={"baud": baud})})


def write_board_files(board: Board, folder: Path) -> Path:
    """Write ``link.ld`` and ``board_config.h`` into ``folder`` if they changed; returns the linker script."""
    script = folder / "link.ld"
    for path, text in ((script, linker_script(board)), (folder / "board_config.h", board_config(board))):
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_file(path, text)
    return script


def _render(template: str, **values: str) -> str:
    return Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)


def _npu(board: Board) -> str:
    if board.npu is None:
        return ""
    npu = board.npu
    return (
        f"#define SS_NPU_BASE {npu.base:#010x}u\n"
        f"#define SS_NPU_IRQ {npu.irq}\n"
        f"#define SS_NPU_MACS {npu.macs}u\n"
        f"#define SS_NPU_TIMEOUT_MS {npu.timeout_ms}u\n"
        f"#define SS_NPU_QUEUE_MEMORY {npu.queue_memory}u\n"
        f"#define SS_NPU_REGION_MEMORY {npu.region_memory:#06x}u\n"
        f"#define SS_NPU_IS_POLLED {int(npu.polled)}\n"
        f"#define SS_NPU_IS_NON_SECURE {int(npu.non_secure)}\n"
    )


def _pins(board: Board) -> str:
    if board.uart.tx_pin is None or board.uart.rx_pin is None:
        return ""
    lines = []
    for signal, pin in (("TX", board.uart.tx_pin), ("RX", board.uart.rx_pin)):
        port = _STM32_GPIO_BASE + _STM32_GPIO_SPACING * (ord(pin[1]) - ord("A"))
        lines.append(f"#define SS_UART_{signal}_PORT {port:#010x}u /* {pin[:2]} */\n")
        lines.append(f"#define SS_UART_{signal}_PIN {pin[2:]}u\n")
    lines.append(f"#define SS_UART_ALTERNATE_FUNCTION {board.uart.alternate_function}u\n")
    return "".join(lines)
