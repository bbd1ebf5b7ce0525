"""PlatformIO's description of a board (``boards/<name>.json``), derived from ``board.toml``."""

from __future__ import annotations

import json

from skipstone.firmware.codegen.boards import Board


def board_manifest(board: Board) -> str:
    """JSON text of the manifest. Sizes in bytes: flash counts every region an image is loaded to."""
    loaded = {"flash", board.code_region}
    manifest = {
        "name": board.title,
        "vendor": "Skipstone",
        "url": "https://docs.platformio.org/en/latest/platforms/creating_board.html",
        "build": {
            "mcu": board.name,
            "cpu": board.core,
            "f_cpu": f"{board.clock_hz}L",
        },
        "connectivity": ["uart"],
        "frameworks": [],
        "upload": {
            "maximum_size": sum(board.memory[name].length for name in loaded),
            "maximum_ram_size": board.ram_bytes,
            "protocol": board.flash.methods[0],
            "protocols": board.flash.methods,
        },
    }
    return json.dumps(manifest, indent=2) + "\n"
