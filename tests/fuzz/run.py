"""Fuzz the reader, the integer model, TFLM behind it, evaluation and code generation: ``make fuzz``.

Files are made and walked in child processes with limits of memory and CPU time, so that a crash, a hang or
an exploding allocation is a result and not the end of the run. Files that break something stay in the folder
``--keep``; ``--only SOURCE:SEED`` repeats one in this process, ``--record`` writes the result.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal
import sys
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import typer
from mutations import mutate
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from skipstone.quantize.artefacts import write_file
from sources import sources
from stages import SECONDS, StageError, walk

MEMORY_BYTES = 2 << 30
"""Address space that a child may add to what it has at its start."""
HANG_SECONDS = 20
"""CPU time of one file, after which its child is killed."""


def main(
    count: Annotated[int, typer.Option(min=1, help="Mutated files.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the first file; the others follow.")] = 0,
    keep: Annotated[Path, typer.Option(help="Folder for files that break something.")] = Path("build/fuzz"),
    record: Annotated[Path | None, typer.Option(help="Write outcomes and failures as JSON.")] = None,
    only: Annotated[str | None, typer.Option(help="SOURCE:SEED: one file, in this process.")] = None,
) -> None:
    """Mutate models and demand a result or a typed error of every stage."""
    if only is not None:
        name, _, number = only.rpartition(":")
        typer.echo(walk(mutate(sources(True)[name], int(number)), with_tflm=True))
        return
    outcomes: Counter[tuple[str, str]] = Counter()
    failures: list[tuple[str, int, str]] = []
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("fuzzing", total=count)
        first = seed
        while first < seed + count:
            done, broken = _child(first, seed + count, outcomes, lambda: progress.advance(bar))
            failures += broken
            first = done
    _report(outcomes, failures, count, keep)
    if record is not None:
        write_file(record, _json(outcomes, failures, count, seed))
    sys.exit(1 if failures else 0)


def source_of(seed: int) -> str:
    """The model that file number ``seed`` is made of."""
    names = list(sources(True))
    return names[seed % len(names)]


def _child(
    first: int, end: int, outcomes: Counter[tuple[str, str]], advance: object
) -> tuple[int, list[tuple[str, int, str]]]:
    """Walk files until the end or until the child dies: ``(next file, what broke)``."""
    sources(True)
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_walk_all, args=(there, first, end))
    process.start()
    there.close()
    current, failures = first, []
    try:
        while True:
            current, result = here.recv()
            if isinstance(result, dict):
                outcomes.update(result.items())
            else:
                failures.append(_announced(source_of(current), current, result))
            advance()  # type: ignore[operator]
            current += 1
    except EOFError:
        process.join()
    if process.exitcode:
        name = signal.Signals(-process.exitcode).name if process.exitcode < 0 else str(process.exitcode)
        failures.append(_announced(source_of(current), current, f"the process ended with {name}"))
        advance()  # type: ignore[operator]
        current += 1
    return current, failures


def _announced(name: str, seed: int, cause: str) -> tuple[str, int, str]:
    typer.echo(f"{name}:{seed}  {cause}")
    return name, seed, cause


def _walk_all(results: Connection, first: int, end: int) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for seed in range(first, end):
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)
        data = mutate(sources(True)[source_of(seed)], seed)
        try:
            results.send((seed, walk(data, with_tflm=True)))
        except StageError as error:
            results.send((seed, str(error)))


def _json(
    outcomes: Counter[tuple[str, str]], failures: list[tuple[str, int, str]], count: int, seed: int
) -> str:
    """Files by stage and outcome; seeds of those that broke something."""
    stages: dict[str, dict[str, int]] = {}
    for (stage, outcome), number in sorted(outcomes.items()):
        stages.setdefault(stage, {})[outcome] = number
    table = {
        "version": 1,
        "command": f"make fuzz FUZZ='--count {count} --seed {seed}'",
        "files": count,
        "models": len(sources(True)),
        "refused_within_cpu_seconds": SECONDS,
        "broken": [f"{name}:{number}: {cause}" for name, number, cause in failures],
        "outcomes": stages,
    }
    return json.dumps(table, indent=1) + "\n"


def _report(
    outcomes: Counter[tuple[str, str]], failures: list[tuple[str, int, str]], count: int, keep: Path
) -> None:
    table = Table(
        title=f"{count:,} mutated files, {len(failures)} of them broke something", title_justify="left"
    )
    for heading in ("stage", "outcome"):
        table.add_column(heading)
    table.add_column("files", justify="right")
    for (stage, outcome), number in sorted(outcomes.items()):
        table.add_row(stage, outcome, f"{number:,}")
    Console().print(table)
    for name, seed, _ in failures:
        keep.mkdir(parents=True, exist_ok=True)
        path = keep / f"{name.replace(' ', '_')}-{seed}.tflite"
        path.write_bytes(mutate(sources(True)[name], seed))


if __name__ == "__main__":
    typer.run(main)
