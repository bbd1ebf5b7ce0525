"""Does the model fit the board? Asked before anything is written."""

from __future__ import annotations

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.errors import BoardLimitError


def check_limits(model: str, board: Board, flash_bytes: int, ram_bytes: int) -> None:
    """Compare the model's own needs with the board's memory.

    Weights stand in flash in any case; where the board places them elsewhere they take that region as well.

    Args:
        model: name, for the message.
        flash_bytes: weights and tables of the model; code comes on top.
        ram_bytes: arena and state of the model; the board's stack is added here.

    Raises:
        BoardLimitError: flash or RAM is too small; both are named.
    """
    copied = 0 if board.weights == "flash" else flash_bytes
    needed_ram = ram_bytes + board.stack_bytes + (copied if board.weights == "ram" else 0)
    room = board.memory[board.weights].length
    if flash_bytes <= board.flash_bytes and needed_ram <= board.ram_bytes and copied <= room:
        return
    if copied:
        raise BoardLimitError(
            f"{model} does not fit {board.name} with its weights in {board.weights}: "
            f"flash {flash_bytes:,} of {board.flash_bytes:,} bytes, "
            f"RAM {needed_ram:,} of {board.ram_bytes:,} bytes, {board.weights} "
            f"{copied:,} of {room:,} bytes for weights alone",
            'leave the weights in flash (`weights = "flash"` in board.toml) or use a smaller model',
        )
    raise BoardLimitError(
        f"{model} does not fit {board.name}: flash {flash_bytes:,} of {board.flash_bytes:,} bytes, "
        f"RAM {needed_ram:,} of {board.ram_bytes:,} bytes (arena, state and {board.stack_bytes:,} of stack)",
        "use a smaller model (fewer layers, a smaller d_model, fewer positions) or a board with more memory",
    )
