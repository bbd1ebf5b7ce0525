"""Write what is generated from the registry: ``python -m skipstone.tools.protocol`` (in a checkout)."""

from __future__ import annotations

from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.tools.protocol.generate import generated_files

if __name__ == "__main__":
    for relative, text in generated_files().items():
        path = Path(__file__).resolve().parents[2] / relative
        write_file(path, text)
        print(relative)
