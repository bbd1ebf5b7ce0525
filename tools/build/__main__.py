"""Set-up of the local PlatformIO packages, and the board manifests in a checkout.

``python -m skipstone.tools.build packages DIR`` prepares DIR; ``python -m skipstone.tools.build manifests``
writes ``firmware/platformio/boards/*.json`` from the ``board.toml`` files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from skipstone.firmware.codegen.boards import board_names, load_board
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.build.offline_packages import PLATFORM_FOLDER, install_packages
from skipstone.tools.build.platformio_boards import board_manifest


def _write_manifests() -> None:
    for name in board_names():
        path = PLATFORM_FOLDER / "boards" / f"{name}.json"
        write_file(path, board_manifest(load_board(name)))
        print(path)


def _main(arguments: list[str]) -> int:
    match arguments:
        case ["packages", folder]:
            print(install_packages(Path(folder)).core)
        case ["manifests"]:
            _write_manifests()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(_main(sys.argv[1:]))
    except SkipstoneError as error:
        sys.exit(f"error: {error.cause}\nremedy: {error.remedy}")
