"""What set-up builds on this machine: the local PlatformIO packages and the emulator plugin.

``python -m skipstone.tools.setup.components`` makes both; what is there already stays.
"""

from __future__ import annotations

import sys
from pathlib import Path

from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.build.firmware import cache_folder
from skipstone.tools.build.offline_packages import install_packages
from skipstone.tools.virtual.plugin import npu_plugin_library, plugin_library

CHECKOUT_PACKAGES = Path("build/platformio")


def platformio_packages() -> Path:
    """Where ``skipstone build`` finds the packages."""
    return cache_folder() / "platformio"


def make_components() -> list[Path]:
    """Make everything; returns the places.

    In a checkout (the current folder holds ``platformio.ini``) the packages are also made where that file
    looks for them.

    Raises:
        SkipstoneError: a compiler is missing.
    """
    folders = [platformio_packages()]
    if Path("platformio.ini").is_file():
        folders.append(CHECKOUT_PACKAGES)
    for folder in folders:
        install_packages(folder)
    return [*folders, plugin_library(), npu_plugin_library()]


if __name__ == "__main__":
    try:
        for place in make_components():
            print(f"set-up: {place}")
    except SkipstoneError as error:
        sys.exit(f"error: {error.cause}\nremedy: {error.remedy}")
