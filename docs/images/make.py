"""Draw the picture of the README: one utterance of the demo's run, as in its report.

Run `skipstone run --demo` first. Usage: python docs/images/make.py [RUN_FOLDER [CLIP]]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from skipstone.tools.report import utterance_figure
from skipstone.tools.report.render import utterance_view
from skipstone.tools.report.spectrogram import display_range
from skipstone.tools.run.bundle import Bundle, read_bundle

OUTPUT = Path(__file__).with_name("utterance.png")
MARGIN = 24
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
)


def page(bundle: Bundle, clip: int) -> tuple[str, int]:
    """A page with the figure alone, and its height in pixels."""
    utterance = bundle.record.utterances[clip]
    view = utterance_view(bundle, utterance, display_range(bundle.frames.features))
    drawn = utterance_figure.draw(view)
    height = float(drawn.split("viewBox=", 1)[1].split('"')[1].split()[3])
    style = (files("skipstone.tools.report") / "template" / "report.css").read_text()
    shown = drawn.replace('class="cost"', 'class="cost shown"', 1)
    width = utterance_figure.WIDTH
    body = f'<body><div style="width:{width}px;margin:{MARGIN}px">{shown}</div></body>'
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}", int(height) + 2 * MARGIN


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo/run")
    bundle = read_bundle(folder)
    names = [utterance.identifier for utterance in bundle.record.utterances]
    html, height = page(bundle, names.index(sys.argv[2]) if len(sys.argv) > 2 else 0)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "figure.html"
        source.write_text(html, encoding="utf-8")
        size = f"--window-size={utterance_figure.WIDTH + 2 * MARGIN},{height}"
        places = [f"--user-data-dir={scratch}/profile", f"--screenshot={OUTPUT.resolve()}", source.as_uri()]
        command = ["chromium", *FLAGS, "--force-device-scale-factor=2", size, *places]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(OUTPUT)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
