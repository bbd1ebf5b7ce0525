"""Headless Chromium draws the report: no console message, no request, a page full of content."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--v=0",
    "--window-size=1280,2400",
    "--timeout=20000",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, html: str) -> tuple[Path, str]:
    """Screenshot and browser log of the synthetic report."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "chromium is missing: apt-get install chromium"
    folder = tmp_path_factory.mktemp("browser")
    (folder / "report.html").write_text(html, encoding="utf-8")
    screenshot, net_log = folder / "page.png", folder / "net.json"
    done = subprocess.run(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            f"--screenshot={screenshot}",
            f"--log-net-log={net_log}",
            (folder / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return screenshot, done.stderr


@pytest.mark.xdist_group("chromium")
def test_the_page_is_drawn(page: tuple[Path, str]) -> None:
    pixels = imread(page[0])[..., :3]
    assert pixels.shape[:2] == (2400, 1280)
    distinct = len(np.unique((pixels * 255).astype(np.uint8).reshape(-1, 3), axis=0))
    assert distinct > 500, "the page has hardly any colours: the figures are missing"
    background = pixels[0, 0]
    drawn = (np.abs(pixels - background).max(axis=2) > 0.02).reshape(24, 100, 1280).mean(axis=(1, 2))
    assert (drawn > 0.01).sum() >= 20, "whole stretches of the page are empty"


@pytest.mark.xdist_group("chromium")
def test_the_console_stays_silent(page: tuple[Path, str]) -> None:
    assert not re.findall(r".*CONSOLE.*", page[1])


@pytest.mark.xdist_group("chromium")
def test_nothing_is_fetched(page: tuple[Path, str]) -> None:
    """Requests with the initiator "not an origin" are the browser's own (clock, updates), not the page's."""
    events = json.loads(page[0].with_name("net.json").read_text())["events"]
    requests = [event["params"] for event in events if "initiator" in event.get("params", {})]
    assert not [request["url"] for request in requests if request["initiator"] != "not an origin"]
