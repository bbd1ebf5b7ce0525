"""Documents keep their word: links lead somewhere, commands exist, generated pages are fresh."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from skipstone.tools.cli.main import app, load_verbs
from skipstone.tools.reference.pages import commands, pages

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
ANCHOR = re.compile(r"[^\w\- ]")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def command_table() -> dict[tuple[str, ...], Any]:
    if not app.registered_commands and not app.registered_groups:
        load_verbs()
    return dict(commands(typer.main.get_command(app)))


def anchors(document: Path) -> set[str]:
    """GitHub's anchors of the headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {ANCHOR.sub("", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links_lead_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        place = (document.parent / path).resolve() if path else document
        assert place.exists(), f"{ids(document)} links to {target}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{ids(document)} links to {target}"


def shell_lines(document: Path) -> list[str]:
    """Lines of all shell blocks without prompts, comments and continuations."""
    blocks = [body for kind, body in FENCE.findall(document.read_text(encoding="utf-8")) if kind == "sh"]
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_skipstone_commands_exist_with_their_options(document: Path) -> None:
    table = command_table()
    for line in shell_lines(document):
        words = shlex.split(line, comments=True)
        if words[:1] != ["skipstone"]:
            continue
        path = next((path for path in table if tuple(words[1 : 1 + len(path)]) == path), None)
        assert path is not None, f"{ids(document)}: no such command: {line}"
        known = {option for parameter in table[path].params for option in parameter.opts}
        known |= {option for parameter in table[path].params for option in parameter.secondary_opts}
        used = {word for word in words[1 + len(path) :] if re.match(r"--?[a-z]", word)}
        assert used <= known, f"{ids(document)}: unknown options {used - known}: {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for line in shell_lines(document):
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), f"{ids(document)}: {line}"


def test_the_readme_shows_only_cheap_commands_that_run() -> None:
    """`make demo` and `make test` are run by CI as a whole; here only that make accepts them."""
    for line in shell_lines(ROOT / "README.md"):
        command = shlex.split(line, comments=True)
        assert command[0] == "make"
        subprocess.run([*command, "--dry-run"], cwd=ROOT, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_page_is_up_to_date(name: str) -> None:
    path = ROOT / "docs" / "reference" / name
    assert path.read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert {path.name for path in folder.glob("[0-9]*.md")} == listed


def test_every_decision_has_a_number_of_its_own() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [path.name[:3] for path in paths]
    assert numbers == [f"{number:03}" for number in range(1, len(paths) + 1)]
    titles = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in paths]
    assert all(title.startswith(f"# {number} · ") for number, title in zip(numbers, titles, strict=True))


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_no_path_of_a_machine_and_no_placeholder(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|TODO|TBD|FIXME|XXX", text)
