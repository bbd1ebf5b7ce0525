"""Write the generated reference pages: ``python -m skipstone.tools.reference [DOCS_FOLDER]``."""

from __future__ import annotations

import sys
from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.tools.reference.pages import pages


def main() -> None:
    """Write every page below ``docs/reference``."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs") / "reference"
    for name, text in pages().items():
        write_file(folder / name, text)
        print(folder / name)


if __name__ == "__main__":
    main()
