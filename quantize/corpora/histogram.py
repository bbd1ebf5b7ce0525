"""Picture of a corpus: histograms of utterance lengths in seconds and in words."""

from __future__ import annotations

import io
from collections.abc import Sequence

from skipstone.quantize.corpora.manifest import Utterance


def corpus_histogram(utterances: Sequence[Utterance], title: str) -> bytes:
    """PNG with two histograms; utterances without a known text count in the first only."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    seconds, words = figure.subplots(1, 2)
    seconds.hist([utterance.duration for utterance in utterances], bins=40, color="#31688e")
    seconds.set(xlabel="length in seconds", ylabel="utterances")
    counts = [len(utterance.text.split()) for utterance in utterances if utterance.text is not None]
    if counts:
        words.hist(counts, bins=[x - 0.5 for x in range(max(counts) + 2)], color="#35b779")
    words.set(xlabel="words", ylabel="utterances")
    figure.suptitle(title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()
