"""Threshold offsets as a user writes them."""

from __future__ import annotations

from skipstone.quantize.evaluation.gates import OPEN, SHUT
from skipstone.tools.dial.errors import DialError

_REMEDY = "write numbers or ranges between commas, such as -40,-20,0 or -40:40:20 (both ends count)"


def parse_offsets(text: str) -> tuple[int, ...]:
    """Read ``-60:60:20`` (first, last, step) and ``-10,0,10``, in any mixture; sorted, each once.

    Raises:
        DialError: not such a list, or an offset beyond −128 … 127.
    """
    offsets: set[int] = set()
    for part in text.split(","):
        try:
            numbers = [int(number) for number in part.split(":")]
        except ValueError:
            raise DialError(f"{part.strip()!r} is no threshold offset", _REMEDY) from None
        if len(numbers) not in (1, 3) or (len(numbers) == 3 and numbers[2] < 1):
            raise DialError(f"{part.strip()!r} is no range of threshold offsets", _REMEDY)
        if len(numbers) == 1:
            offsets.add(numbers[0])
        else:
            first, last, step = numbers
            offsets.update(range(first, last + 1, step))
    if not offsets:
        raise DialError(f"{text!r} holds no threshold offset", _REMEDY)
    beyond = [offset for offset in offsets if not SHUT <= offset <= OPEN]
    if beyond:
        raise DialError(f"threshold offset {beyond[0]}", f"use {SHUT} … {OPEN}")
    return tuple(sorted(offsets))
