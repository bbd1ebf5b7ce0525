"""Add up the closing lines of the pytest sessions in a log and print one line in pytest's own form.

``make test`` runs pytest once over ``tests`` and once a board over ``hil_tests``; the sum is what CI shows.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

CLOSING = re.compile(
    r"^=+ (?P<counts>(?:\d+ [a-z]+(?:, )?)+) in (?P<seconds>[\d.]+)s(?: \([\d:, day]+\))? =+$"
)


def closing_line(log: str) -> str | None:
    """The sum of all closing lines in ``log``; None when there is none."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    totals: Counter[str] = Counter()
    seconds = 0.0
    sessions = 0
    for line in plain.splitlines():
        match = CLOSING.match(line.strip())
        if match is None:
            continue
        sessions += 1
        seconds += float(match["seconds"])
        for part in match["counts"].split(", "):
            number, outcome = part.split(" ")
            totals[outcome] += int(number)
    if not sessions:
        return None
    counts = ", ".join(f"{number} {outcome}" for outcome, number in totals.items())
    return f" {counts} in {seconds:.2f}s ".center(80, "=")


def main() -> int:
    line = closing_line(Path(sys.argv[1]).read_text(errors="replace"))
    if line is None:
        print("error: no pytest session ended; see the log above", file=sys.stderr)
        return 1
    print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
