"""The wheel holds every package and the C sources, and works in another folder with no checkout in sight."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("quantize", "firmware", "tools", "pyproject.toml", "setup.py", "README.md", "LICENSE")
SCRIPT = """
import importlib.resources as resources, sys
import skipstone.quantize.errors, skipstone.firmware.codegen, skipstone.tools.cli.main
place = skipstone.quantize.errors.__file__
assert place.startswith(sys.argv[1]), place
firmware = resources.files("skipstone.firmware")
assert (firmware / "runtime" / "include" / "skipstone.h").is_file()
assert (firmware / "boards" / "mps2-an386" / "board.toml").is_file()
assert (firmware / "protocol" / "messages.toml").is_file()
assert (resources.files("skipstone.tools.report") / "template" / "report.html.j2").is_file()
from skipstone.firmware.codegen.boards import load_board
assert load_board("mps3-an547").name == "mps3-an547"
print("ok")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy2(ROOT / name, source / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        ".",
    ]
    subprocess.run([*command, str(source)], cwd=folder, check=True, timeout=300)
    return next(folder.glob("skipstone-*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.xdist_group("wheel")
def test_only_skipstone_is_installed_at_top_level(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"skipstone"}


@pytest.mark.xdist_group("wheel")
def test_every_module_of_the_checkout_is_in_the_wheel(names: set[str]) -> None:
    modules = {
        f"skipstone/{path.relative_to(ROOT)}"
        for folder in ("quantize", "firmware", "tools")
        for init in (ROOT / folder).rglob("__init__.py")
        for path in init.parent.glob("*.py")
    }
    assert sorted(modules - names) == []


@pytest.mark.xdist_group("wheel")
def test_every_source_the_firmware_needs_is_in_the_wheel(names: set[str]) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "firmware", "tools", "quantize"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    wanted = {f"skipstone/{name}" for name in tracked if not name.endswith(".md")}
    assert sorted(wanted - names) == []


@pytest.mark.xdist_group("wheel")
def test_installed_wheel_finds_its_sources(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(command, check=True, timeout=300)
    # -S keeps the editable install of this environment out; the dependencies come back by path.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(target), *site_packages()])}
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPT, str(target)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ok"


def site_packages() -> list[str]:
    """The folders third-party packages are imported from."""
    return [entry for entry in sys.path if entry.endswith("site-packages")]
