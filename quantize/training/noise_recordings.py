"""Recordings of noise: random stretches of them, and batches of features with such a stretch mixed in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.noise import SILENCE, Values, mix_at_snr
from skipstone.quantize.training.stage_recipe import NoiseTwin
from torch import Tensor


class NoiseRecordings:
    """The recordings of ``[data] noise``."""

    def __init__(self, shares: Sequence[CorpusShare]) -> None:
        self._all = [(share.corpus, int(index)) for share in shares for index in share.indices]

    def stretch(self, frames: int, generator: np.random.Generator) -> Values:
        """A random stretch of a random recording, at most ``frames`` long: float32 [frames, bins]."""
        corpus, index = self._all[int(generator.integers(len(self._all)))]
        recording = corpus.utterance(index)
        start = int(generator.integers(0, max(1, len(recording) - frames + 1)))
        return recording[start : start + frames].astype(np.float32)

    def twin(
        self,
        features: Tensor,
        lengths: Tensor,
        twin: NoiseTwin,
        settings: FeatureSettings,
        generator: np.random.Generator,
    ) -> Tensor:
        """``features`` of a batch [rows, steps, feature_count] again, a share of the rows in noise from their
        first step to their last; ``lengths`` [rows] in steps."""
        codes = (features.cpu() / settings.scale + settings.zero_point).round().numpy()
        for row, steps in zip(codes, lengths.tolist(), strict=True):
            if generator.random() < twin.share:
                frames = row[:steps].reshape(-1, settings.mel_bins)
                noise = self.stretch(len(frames), generator)
                mixed = mix_at_snr(frames, noise, generator.uniform(*twin.snr))
                row[:steps] = np.clip(np.rint(mixed), SILENCE, 127).reshape(steps, -1)
        return ((torch.from_numpy(codes) - settings.zero_point) * settings.scale).to(features.device)
