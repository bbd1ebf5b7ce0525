"""The ``[[stages]]`` tables of a recipe."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from skipstone.quantize.training.data_recipe import RecipeTable
from skipstone.quantize.training.stream_rows import Running

StageName = Literal["dense", "gated", "qat", "arbitrator"]
STAGE_ORDER: tuple[StageName, ...] = ("dense", "gated", "qat", "arbitrator")


class Augmentation(RecipeTable):
    """Random changes of training features (frames, bins and int8 units of an eighth of an octave of power).

    They are applied in the order in which they stand here; probabilities are per utterance.

    Attributes:
        ramp: share of the stage over which the share of augmented utterances grows to one (0: all from
            the start); unchanged utterances first let CTC find its alignments.
        time_warp, frequency_warp: largest relative stretch of the time and of the bin axis.
        trim: probability that what is quiet before the first word is cut, as in recordings that were cut by
            hand: the network then meets the word in its first steps after a reset.
        hesitation: probability of background before and after the speech and of pauses inside it (see
            :mod:`skipstone.quantize.training.hesitation`).
        concatenate: probability that other utterances follow, up to ``concatenate_utterances`` in all, after
            pauses of ``pause`` (fewest, most) frames of digital silence.
        noise: probability that a recording of ``[data] noise`` is mixed in, at a signal-to-noise ratio
            drawn from ``snr`` (lowest, highest, in decibel).
        noise_floor: with probability one half a noise floor is mixed in, 0.6 to 1 times this many units
            below the loudest feature (0: none).
        gain: a constant between ± this is added to all features.
        low_pass: probability of a telephone's band: little is left above 3.4 to 3.8 kHz.
        time_masks, time_mask_frames, frequency_masks, frequency_mask_bins: SpecAugment (Park et al. 2019).
        lead: up to this many frames of digital silence come before the utterance.
    """

    ramp: float = Field(default=0.0, ge=0, le=1)
    time_warp: float = Field(default=0.1, ge=0, lt=1)
    frequency_warp: float = Field(default=0.08, ge=0, lt=1)
    trim: float = Field(default=0.0, ge=0, le=1)
    hesitation: float = Field(default=0.0, ge=0, le=1)
    concatenate: float = Field(default=0.0, ge=0, le=1)
    concatenate_utterances: int = Field(default=3, ge=2)
    pause: tuple[int, int] = (10, 150)
    noise: float = Field(default=0.0, ge=0, le=1)
    snr: tuple[float, float] = (6.0, 24.0)
    noise_floor: int = Field(default=130, ge=0)
    gain: int = Field(default=20, ge=0)
    low_pass: float = Field(default=0.0, ge=0, le=1)
    time_masks: int = Field(default=2, ge=0)
    time_mask_frames: int = Field(default=15, ge=1)
    frequency_masks: int = Field(default=2, ge=0)
    frequency_mask_bins: int = Field(default=7, ge=1)
    lead: int = Field(default=16, ge=0)

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Augmentation:
        for name, (low, high) in (("pause", self.pause), ("snr", self.snr)):
            if low > high:
                raise ValueError(f"{name} is [{low}, {high}]: the first must not exceed the second")
        if self.pause[0] < 0:
            raise ValueError(f"pause begins at {self.pause[0]}: frames are not negative")
        return self


class NoiseTwin(RecipeTable):
    """Of stage ``arbitrator``: each row comes as it is and in noise, see
    :mod:`skipstone.quantize.training.arbitrator_stage`.

    Attributes:
        share: of the rows that get a recording of ``[data] noise``; the others' twin is the row itself.
        snr: lowest and highest signal-to-noise ratio in decibel.
    """

    share: float = Field(default=0.75, gt=0, le=1)
    snr: tuple[float, float] = (6.0, 45.0)

    @model_validator(mode="after")
    def _range_ascends(self) -> NoiseTwin:
        if self.snr[0] > self.snr[1]:
            raise ValueError(f"snr is {list(self.snr)}: the first must not exceed the second")
        return self


class Stage(RecipeTable):
    """One stage of training.

    Attributes:
        learning_rate: peak of the one-cycle schedule; ``warm_up`` is the share of the stage before the peak,
            ``final_learning_rate`` the share of the peak that is left at the end.
        optimizer: ``adamw``, or ``muon``: hidden matrices by Muon at the rate scale of AdamW, the rest by
            AdamW (see :mod:`skipstone.quantize.training.optimizer`).
        batch: utterances of one update, over all processes together.
        stream_steps: train on rows of running speech, so many steps long (fewest, most), see
            :mod:`skipstone.quantize.training.stream_rows`; ``batch`` then counts rows. None: one utterance a
            row.
        stream_share: share of the utterances that ``stream_steps`` joins; the others stay single, so that the
            network also learns what follows a reset.
        stream_start: share of the stage before ``stream_steps`` begins; CTC finds its alignments in single
            utterances first.
        average: decay of an exponential moving average of the weights after each update; evaluation and
            checkpoints use the average (0: the weights themselves).
        precision: of the matrix products: ``float32``, or ``bfloat16`` by autocast. Stage ``qat`` computes
            exact integers and needs ``float32``.
        patience: stop after this many epochs without a better result on the first dev corpus, and keep the
            weights of the best epoch (0: always run all epochs, keep the last); see
            :mod:`skipstone.quantize.training.early_stopping`.
        curriculum: share of the stage during which only the shortest utterances are trained on; their share
            grows from ``curriculum_start`` to one ("SortaGrad", Amodei et al. 2016, section 3.2: short
            utterances are aligned first). 0: all utterances from the start.
        temperature: of the gates' sigmoid, at the start and at the end of the stage.
        cost_weight, cost_target, cost_start, cost_ramp: see
            :class:`skipstone.quantize.losses.cost.CostSchedule`.
        gate_noise: share of the stage during which gates are sampled with logistic noise; after it they
            compare with the threshold as the device does, and the network adapts to that.
        normalization_frozen: share of the stage after which normalization uses the statistics gathered so
            far, as the device does (1: never).
        scale_learning_rate: factor on the learning rate of the activation scales (qat).
        rounding: forward values of training in stage ``qat``: ``exact``, the integers of the device, or
            ``nearest``, real values rounded once, which is three times faster; evaluation is always exact.
        distillation: weight of the Kullback-Leibler divergence, per token, from the network that the stage
            begins with, all its blocks running, to the one that is trained (in stage ``qat`` the former
            computes in float with its own gates: int8 learns to answer like it); 0: none.
        task_weight: factor on the task loss; 0 trains by distillation alone.
        gates: ``arbitrator``, or ``all``: every block runs at every step (a dense network; the only choice in
            stage ``dense``, and what makes an int8 dense network in stage ``qat``).
        noise: of stage ``arbitrator``, and only there. That stage learns from the gates that it begins with:
            the keys of gates, costs, task and distillation mean nothing in it.
    """

    name: StageName
    epochs: int = Field(ge=0)
    learning_rate: float = Field(gt=0)
    warm_up: float = Field(default=0.2, ge=0, lt=1)
    final_learning_rate: float = Field(default=1e-3, ge=0, le=1)
    optimizer: Literal["adamw", "muon"] = "adamw"
    batch: int = Field(default=16, ge=1)
    stream_steps: tuple[int, int] | None = None
    stream_share: float = Field(default=1.0, gt=0, le=1)
    stream_start: float = Field(default=0.0, ge=0, lt=1)
    weight_decay: float = Field(default=1e-2, ge=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    average: float = Field(default=0.0, ge=0, lt=1)
    precision: Literal["float32", "bfloat16"] = "float32"
    patience: int = Field(default=0, ge=0)
    curriculum: float = Field(default=0.0, ge=0, le=1)
    curriculum_start: float = Field(default=0.2, gt=0, le=1)
    gradient_clip: float = Field(default=5.0, gt=0)
    temperature: tuple[float, float] = (1.0, 1.0)
    gate_noise: float = Field(default=1.0, ge=0, le=1)
    normalization_frozen: float = Field(default=1.0, ge=0, le=1)
    cost_weight: float = Field(default=0.0, ge=0)
    cost_target: float = Field(default=1.0, gt=0, le=1)
    cost_start: float = Field(default=1.0, gt=0, le=1)
    cost_ramp: float = Field(default=0.5, ge=0, le=1)
    scale_learning_rate: float = Field(default=1.0, gt=0)
    rounding: Literal["exact", "nearest"] = "exact"
    distillation: float = Field(default=0.0, ge=0)
    task_weight: float = Field(default=1.0, ge=0)
    gates: Literal["arbitrator", "all"] = "arbitrator"
    noise: NoiseTwin | None = None
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _qat_is_exact(self) -> Stage:
        if self.is_quantized and self.precision != "float32":
            raise ValueError(f"stage {self.name} computes exact integers: precision must be float32")
        return self

    @model_validator(mode="after")
    def _noise_is_the_arbitrators(self) -> Stage:
        if (self.name == "arbitrator") != (self.noise is not None):
            raise ValueError("stage arbitrator needs a table noise, and no other stage has one")
        if self.name == "arbitrator" and self.gates == "all":
            raise ValueError('stage arbitrator trains what decides: gates = "all" leaves nothing to decide')
        return self

    @model_validator(mode="after")
    def _something_is_learned(self) -> Stage:
        if self.distillation == 0 and self.task_weight == 0:
            raise ValueError("task_weight and distillation are both 0: nothing would be learned")
        return self

    @model_validator(mode="after")
    def _streams_have_steps(self) -> Stage:
        if self.stream_steps is not None and not 1 <= self.stream_steps[0] <= self.stream_steps[1]:
            raise ValueError(f"stream_steps is {list(self.stream_steps)}: [fewest, most] steps, at least 1")
        return self

    def running(self, epoch: int) -> Running | None:
        """Running speech of ``epoch``, counted from 0, if that has any."""
        if self.stream_steps is None or epoch < self.epochs * self.stream_start:
            return None
        return Running(self.stream_steps, self.stream_share)

    @property
    def is_quantized(self) -> bool:
        """Whether the stage trains a network of integers."""
        return self.name in ("qat", "arbitrator")

    @property
    def mixes_noise(self) -> bool:
        """Whether the stage needs recordings of noise."""
        return self.augmentation.noise > 0 or self.noise is not None

    @property
    def is_dense(self) -> bool:
        """Whether every block runs at every step."""
        return self.name == "dense" or self.gates == "all"
