"""Forced alignment: when each word of a known text was said. By pocketsphinx (PyPI, extra ``align``).

Its US English acoustic model and dictionary come with the wheel. Word boundaries are multiples of 10 ms; how
far they are off is measured by ``benchmarks/alignment.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Word
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.audio import SAMPLE_RATE

if TYPE_CHECKING:
    from pocketsphinx import Decoder

FRAMES_PER_SECOND = 100
SHORTEST_PART = 3
"""Letters of the parts that a compound word may be taken apart into."""
PADDING = SAMPLE_RATE // 4
"""Samples of silence before and after a clip: the acoustic model expects speech to begin and end in it."""


class AlignmentError(SkipstoneError):
    """pocketsphinx is missing, does not know a word, or finds no path through the audio."""


class Aligner:
    """Aligns clips with their texts, one after the other.

    Args:
        pronunciations: phones of words that the dictionary lacks, as ``{"snowboy": "S N OW B OY"}`` (CMUdict
            phones without stress). A word that is two words of the dictionary in one needs none.

    Raises:
        AlignmentError: pocketsphinx is not installed, or it refuses a pronunciation.
    """

    def __init__(self, pronunciations: Mapping[str, str] | None = None) -> None:
        self._decoder = _decoder()
        for word, phones in (pronunciations or {}).items():
            self._add(word, phones)

    def check_words(self, texts: Iterable[str]) -> None:
        """Make every word of ``texts`` known.

        Raises:
            AlignmentError: names all words without a pronunciation.
        """
        unknown = []
        for word in sorted({word for text in texts for word in text.split()}):
            if self._decoder.lookup_word(word) is None:
                phones = self._compound(word)
                if phones is None:
                    unknown.append(word)
                else:
                    self._add(word, phones)
        if unknown:
            raise AlignmentError(
                f"no pronunciation is known for: {', '.join(unknown)}",
                "give them in a file, one 'word PHONE PHONE …' a line (CMUdict phones), by --pronunciations",
            )

    def align(self, pcm: NDArray[np.int16], text: str) -> tuple[Word, ...]:
        """Times of the words of ``text`` in ``pcm`` int16 [n] (16 kHz), in seconds.

        Raises:
            AlignmentError: the audio cannot be explained by the text.
        """
        if not text.split():
            return ()
        self.check_words([text])
        silence = np.zeros(PADDING, np.int16)
        decoder = self._decoder
        decoder.set_align_text(text)
        decoder.start_utt()
        decoder.process_raw(np.concatenate([silence, pcm, silence]).tobytes(), full_utt=True)
        decoder.end_utt()
        # A dictionary's further pronunciations read "with(2)"; what is not a word reads <sil> or [NOISE].
        found = [s for s in decoder.seg() or () if not s.word.startswith(("<", "[", "+"))]
        names = [segment.word.split("(")[0] for segment in found]
        if names != text.split():
            raise AlignmentError(
                f"{text!r} was not found in the audio", "check that the text is what is said"
            )
        longest = len(pcm) / SAMPLE_RATE
        return tuple(
            Word(
                text=name,
                start=_seconds(segment.start_frame, longest),
                end=_seconds(segment.end_frame + 1, longest),
            )
            for name, segment in zip(names, found, strict=True)
        )

    def _add(self, word: str, phones: str) -> None:
        try:
            self._decoder.add_word(word, phones, update=True)
        except RuntimeError as error:
            raise AlignmentError(
                f"pronunciation of {word!r}: pocketsphinx does not take {phones!r}",
                "use CMUdict phones without stress, such as 'S N OW B OY'",
            ) from error

    def _compound(self, word: str) -> str | None:
        """Phones of a word that is two words of the dictionary in one, the longer first part preferred."""
        for cut in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1):
            parts = [self._decoder.lookup_word(part) for part in (word[:cut], word[cut:])]
            if None not in parts:
                return " ".join(parts)
        return None


def read_pronunciations(path: Path) -> dict[str, str]:
    """Read lines of a word and its phones; empty lines and lines that begin with ``#`` are passed over.

    Raises:
        AlignmentError: the file cannot be read, or a line has no phones (named by number).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AlignmentError(f"cannot read {path}: {error}", "give a UTF-8 text file") from error
    result = {}
    for number, line in enumerate(lines, 1):
        word, _, phones = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if not phones.strip():
            raise AlignmentError(f"{path}:{number}: {word!r} has no phones", "write: word PHONE PHONE …")
        result[word.lower()] = " ".join(phones.upper().split())
    return result


def _decoder() -> Decoder:
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise AlignmentError("pocketsphinx is not installed", "pip install 'skipstone[align]'") from error
    # bestpath would search a word lattice for other texts; here the text is given.
    return Decoder(samprate=SAMPLE_RATE, bestpath=False, loglevel="FATAL")


def _seconds(frame: int, longest: float) -> float:
    time = frame / FRAMES_PER_SECOND - PADDING / SAMPLE_RATE
    return round(min(max(time, 0.0), longest), 3)
