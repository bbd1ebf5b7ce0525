"""Architecture of the network: a frozen dataclass that is the ``[model]`` table of ``model.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from skipstone.quantize.errors import SkipstoneError

ArbitratorInput = Literal["front", "block"]
BlockKind = Literal["mha", "ffn"]
Head = Literal["ctc", "transducer"]
KvPolicy = Literal["mask", "always_kv"]
SymbolsPerStep = Literal["one", "any"]

CONTEXT_TOKENS = 2
"""Tokens that the predictor of a transducer sees: the last two, blanks before the first."""


LONGEST_IDLE = 65535
"""Steps of the idle reset: what the serial protocol carries."""


class ModelConfigError(SkipstoneError):
    """The ``[model]`` table names an unknown key or an impossible size."""


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the network; every value is a count unless said otherwise.

    Attributes:
        feature_bins: log-mel bins of one frame.
        frames_per_step: 10 ms frames that are stacked into one step.
        d_model: width of the residual stream.
        layers: pairs of one MHA block and one FFN block.
        heads, head_dim: attention heads and their width.
        positions: length of the KV cache in executed steps, at most 32 (int8 softmax loses bits beyond).
        ffn: hidden width of an FFN block.
        conv_taps: taps of the causal depthwise convolution of the front.
        arbitrator_hidden: hidden width of an arbitrator.
        arbitrator_input: ``front``: one arbitrator reads the output of the front and decides for all blocks;
            ``block``: every block has its own, which reads the block's input.
        kv_policy: ``mask``: a skipped MHA block computes no key and value, its window is the last
            ``positions`` executed steps; ``always_kv``: key and value of every step enter the window.
        idle_reset: after so many idle steps in a row, and as many others, the stream is forgotten, and the
            next utterance meets empty states; 0: never. The device forgets every state; training forgets
            keys and values, where the gates of a step are known before its blocks (arbitrator input
            ``front``, or forced gates).
        idle_blocks: a step is idle in which at most so many blocks ran.
        gate_threshold: a block runs where its gate logit is greater than this (logit units).
        head: what turns the stream into logits: ``ctc``, or ``transducer``: predictor and joint network.
        predictor_width: width of a token's embedding and of the predictor (transducer).
        joint_width: width of the joint network (transducer).
        symbols_per_step: lattice of the transducer's loss. ``one``: a step writes at most one token, which is
            what the device decodes (40 ms are shorter than any word); ``any``: Graves' lattice.
        vocabulary: tokens of the head, blank included.
    """

    vocabulary: int
    feature_bins: int = 40
    frames_per_step: int = 4
    d_model: int = 96
    layers: int = 6
    heads: int = 3
    head_dim: int = 32
    positions: int = 32
    ffn: int = 384
    conv_taps: int = 7
    arbitrator_hidden: int = 32
    arbitrator_input: ArbitratorInput = "front"
    kv_policy: KvPolicy = "mask"
    idle_reset: int = 0
    idle_blocks: int = 0
    gate_threshold: float = 0.0
    head: Head = "ctc"
    predictor_width: int = 48
    joint_width: int = 96
    symbols_per_step: SymbolsPerStep = "one"

    def __post_init__(self) -> None:
        sizes = {f.name: getattr(self, f.name) for f in fields(self) if f.type == "int"}
        idle, idle_blocks = sizes.pop("idle_reset"), sizes.pop("idle_blocks")
        if not 0 <= idle <= LONGEST_IDLE:
            raise ModelConfigError(f"idle_reset is {idle}", f"use 0 (never) to {LONGEST_IDLE} steps")
        wrong = [name for name, value in sizes.items() if value < 1]
        if wrong:
            raise ModelConfigError(
                f"model size {wrong[0]} is {sizes[wrong[0]]}", "use a positive whole number"
            )
        if not 0 <= idle_blocks < self.blocks:
            raise ModelConfigError(
                f"idle_blocks is {idle_blocks} of {self.blocks} blocks",
                f"use 0 to {self.blocks - 1}: with more, every step would be idle",
            )
        if self.positions > 32:
            raise ModelConfigError(
                f"positions is {self.positions}", "use at most 32: an int8 softmax is too coarse beyond"
            )
        if self.arbitrator_input not in ("front", "block"):
            raise ModelConfigError(f"arbitrator_input is {self.arbitrator_input!r}", 'use "front" or "block"')
        if self.kv_policy not in ("mask", "always_kv"):
            raise ModelConfigError(f"kv_policy is {self.kv_policy!r}", 'use "mask" or "always_kv"')
        if self.head not in ("ctc", "transducer"):
            raise ModelConfigError(f"head is {self.head!r}", 'use "ctc" or "transducer"')
        if self.symbols_per_step not in ("one", "any"):
            raise ModelConfigError(f"symbols_per_step is {self.symbols_per_step!r}", 'use "one" or "any"')

    @property
    def feature_count(self) -> int:
        """Features of one step (stacked frames)."""
        return self.feature_bins * self.frames_per_step

    @property
    def attention_width(self) -> int:
        """Width of queries, keys and values of all heads together."""
        return self.heads * self.head_dim

    @property
    def has_fixed_kv(self) -> bool:
        """Whether keys and values run outside the gates. A window of one step needs no earlier ones."""
        return self.kv_policy == "always_kv" and self.positions > 1

    @property
    def block_kinds(self) -> tuple[BlockKind, ...]:
        """Kind of each block in gate order."""
        return ("mha", "ffn") * self.layers

    @property
    def block_names(self) -> tuple[str, ...]:
        """Names of the blocks in gate order: ``layer0/mha``, ``layer0/ffn``, ``layer1/mha``, …"""
        return tuple(f"layer{i // 2}/{kind}" for i, kind in enumerate(self.block_kinds))

    @property
    def blocks(self) -> int:
        """Number of blocks, that is of gates."""
        return 2 * self.layers

    def as_dict(self) -> dict[str, Any]:
        """Return the ``[model]`` table."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> ModelConfig:
        """Build from a ``[model]`` table; unknown or missing keys raise :class:`ModelConfigError`."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(table) - known)
        if unknown:
            raise ModelConfigError(
                f"[model] has unknown keys: {', '.join(unknown)}", f"known: {sorted(known)}"
            )
        if "vocabulary" not in table:
            raise ModelConfigError(
                "[model] has no vocabulary", "add vocabulary = number of tokens, blank included"
            )
        return cls(**table)
