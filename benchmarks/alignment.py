"""How far forced alignment is off, on speech whose word times are known.

flite says when each phone of its speech ends (``-psdur``). Texts of the command grammars, three voices; needs
the extra ``align``. Run ``python benchmarks/alignment.py``; writes ``benchmarks/results/alignment.json``.
"""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from rich.progress import track
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.corpora.alignment import Aligner
from skipstone.quantize.corpora.command_grammar import draw_texts
from skipstone.quantize.features.audio import read_audio

RESULT = Path(__file__).parent / "results" / "alignment.json"
VOICES = ("awb", "rms", "slt")
TEXTS = 20
SEED = 4


def main() -> None:
    """Print and record a row a voice; positive errors mean that the aligner is late."""
    aligner, rows = Aligner(), []
    print(f"{'voice':<8}{'words':>7}{'median ms':>11}{'median |ms|':>13}{'95 % |ms|':>11}   (word ends)")
    for voice in VOICES:
        errors: list[float] = []
        for text in track(draw_texts(TEXTS, SEED, set()), voice, transient=True):
            ends = spoken_word_ends(text, voice)
            if ends is None:
                continue
            pcm, truth = ends
            errors += [word.end - end for word, end in zip(aligner.align(pcm, text), truth, strict=True)]
        late = 1000 * np.array(errors)
        row = {
            "voice": f"flite/{voice}",
            "words": len(late),
            "median_ms": round(float(np.median(late)), 1),
            "median_absolute_ms": round(float(np.median(np.abs(late))), 1),
            "percentile_95_absolute_ms": round(float(np.quantile(np.abs(late), 0.95)), 1),
        }
        rows.append(row)
        figures = [row["median_ms"], row["median_absolute_ms"], row["percentile_95_absolute_ms"]]
        print(f"{voice:<8}{len(late):>7}{figures[0]:>11}{figures[1]:>13}{figures[2]:>11}")
    record = {"texts": TEXTS, "seed": SEED, "kind": "measured", "rows": rows}
    write_file(RESULT, json.dumps(record, indent=2) + "\n")


def spoken_word_ends(text: str, voice: str) -> tuple[np.ndarray, list[float]] | None:
    """Speech of ``text`` and the end of each word in seconds.

    flite lists phones without words. A word has as many phones in a sentence as on its own, but for a few
    that flite reads otherwise there (``None``: the counts do not add up).
    """
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        phones = phones_of(text, voice, wav)
        pcm = read_audio(wav)
    counts = [phone_count(word, voice) for word in text.split()]
    if sum(counts) != len(phones):
        return None
    return pcm, [phones[last - 1] for last in np.cumsum(counts)]


@functools.cache
def phone_count(word: str, voice: str) -> int:
    """Phones of a word on its own."""
    return len(phones_of(word, voice))


def phones_of(text: str, voice: str, wav: Path | str = "none") -> list[float]:
    """End of each phone in seconds, pauses left out."""
    command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(wav)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    pairs = [item.rsplit(":", 1) for item in listed]
    return [float(end) for phone, end in pairs if phone != "pau"]


if __name__ == "__main__":
    main()
