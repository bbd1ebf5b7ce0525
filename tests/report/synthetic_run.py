"""A made-up run with the shape of a real one: speech-like features, gates that follow the energy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.run.bundle import Bundle, Frames, PassFrames
from skipstone.tools.run.record import (
    BlockCost,
    BlockFacts,
    BoardRecord,
    EnergyFacts,
    GateSource,
    ModelFacts,
    NpuPartRecord,
    NpuPassRecord,
    NpuRecord,
    PassRecord,
    RunRecord,
    UtteranceRecord,
)

SENTENCES = (
    "give me a large iced coffee with some brown sugar",
    "snowboy wake me up at seven",
    "three nine one four zero",
    "turn off the lights in the kitchen",
)
BLOCKS = tuple(f"layer{layer}/{kind}" for layer in range(6) for kind in ("mha", "ffn"))
BLOCK_INSTRUCTIONS = {
    "mps2-an386": {"mha": 58_000, "ffn": 79_000},
    "mps3-an547": {"mha": 17_500, "ffn": 19_800},
}
FIXED = {"mps2-an386": 41_000, "mps3-an547": 12_300}


def synthetic_bundle(mismatches: int = 0, seed: int = 7) -> Bundle:
    """Four utterances on two boards; ``mismatches`` wrong steps in the first board's gated pass."""
    random = np.random.default_rng(seed)
    tokens = ("<blank>", *sorted({f"▁{word}" for sentence in SENTENCES for word in sentence.split()}))
    features, gates, emitted, utterances = [], [], [], []
    first = 0
    for index, sentence in enumerate(SENTENCES):
        words = sentence.split()
        steps = 14 + 8 * len(words)
        spectrum, activity, emissions = _speech(random, words, steps, tokens)
        features.append(spectrum)
        gates.append(_gates(random, activity))
        emitted.append(emissions)
        utterances.append(
            UtteranceRecord(
                identifier=f"{index:02d}_{words[0]}",
                audio=f"clips/{index:02d}.wav",
                sha256=f"{index:064x}",
                seconds=steps * 0.04,
                first_step=first,
                steps=steps,
                reference=sentence,
                text=sentence,
            )
        )
        first += steps
    all_gates = np.concatenate(gates)
    passes: dict[tuple[str, str], PassFrames] = {}
    boards = tuple(
        _board(name, all_gates, passes, mismatches if name == "mps2-an386" else 0, random)
        for name in ("mps2-an386", "mps3-an547")
    )
    record = RunRecord(
        skipstone_version="0.1.0",
        created="2026-01-02T03:04:05Z",
        verdict="invalid" if mismatches else "valid",
        remarks=("Made-up data: this report shows the layout only.",),
        step_seconds=0.04,
        word_error_rate=0.0,
        model=_model(tokens),
        utterances=tuple(utterances),
        boards=boards,
    )
    return Bundle(record, Frames(np.concatenate(features), all_gates, np.concatenate(emitted), passes))


def _speech(
    random: np.random.Generator, words: list[str], steps: int, tokens: tuple[str, ...]
) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.int32]]:
    frames = steps * 4
    energy = np.zeros(frames)
    emissions = np.full(steps, -1, np.int32)
    bins = np.arange(40)
    spectrum = random.normal(-78, 6, (frames, 40))
    for index, word in enumerate(words):
        start = 20 + 32 * index
        length = min(14 + 3 * len(word), 30)
        shape = np.hanning(length) ** 0.5
        energy[start : start + length] = shape
        for formant in (4 + random.uniform(0, 4), 13 + random.uniform(-3, 6), 26 + random.uniform(-4, 6)):
            track = formant + np.linspace(0, random.uniform(-4, 4), length)
            ridge = np.exp(-(((bins[None, :] - track[:, None]) / 2.2) ** 2))
            spectrum[start : start + length] += 100 * shape[:, None] * ridge
        spectrum[start : start + length] += 45 * shape[:, None] * np.exp(-bins / 30)
        emissions[(start + length) // 4 + 1] = tokens.index(f"▁{word}")
    features = np.clip(spectrum, -128, 127).astype(np.int8).reshape(steps, 160)
    return features, energy.reshape(steps, 4).mean(axis=1), emissions


def _gates(random: np.random.Generator, activity: NDArray[np.float64]) -> NDArray[np.bool_]:
    preference = np.linspace(0.25, -0.1, len(BLOCKS))
    noise = random.normal(0, 0.12, (len(activity), len(BLOCKS)))
    gates: NDArray[np.bool_] = activity[:, None] * 0.8 + preference + noise > 0.42
    return gates


def _model(tokens: tuple[str, ...]) -> ModelFacts:
    blocks = tuple(
        BlockFacts(
            index=i,
            name=name,
            kind=name[-3:],
            macs=43_008 if "mha" in name else 73_728,
            weight_bytes=50_000,
            threshold=0,
        )
        for i, name in enumerate(BLOCKS)
    )
    return ModelFacts(
        name="synthetic.tflite",
        sha256="ab" * 32,
        file_bytes=702_113,
        weight_bytes=655_360,
        feature_count=160,
        frames_per_step=4,
        logit_count=len(tokens),
        tokens=tokens,
        blocks=blocks,
        fixed_macs=32_000,
        arbitrator_macs=3_456,
    )


def _board(
    name: str,
    gates: NDArray[np.bool_],
    passes: dict[tuple[str, str], PassFrames],
    mismatches: int,
    random: np.random.Generator,
) -> BoardRecord:
    cost = np.array([BLOCK_INSTRUCTIONS[name][block[-3:]] for block in BLOCKS])
    steps = len(gates)
    records = []
    bits_of: dict[GateSource, NDArray[np.bool_]] = {
        "arbitrator": gates,
        "all": np.ones_like(gates),
        "none": np.zeros_like(gates),
    }
    for source, bits in bits_of.items():
        instructions = (FIXED[name] + bits @ cost + random.integers(0, 300, steps)).astype(np.uint32)
        equal = np.ones(steps, bool)
        if source == "arbitrator":
            equal[:mismatches] = False
        passes[(name, source)] = PassFrames(instructions, (instructions * 1.2).astype(np.uint32), equal)
        records.append(
            PassRecord(
                gates=source,
                steps=steps,
                instructions_per_step=float(instructions.mean()),
                cycles_per_step=float(instructions.mean() * 1.2),
                energy_uj_per_step=float(instructions.mean() * 1.2 * 0.35e-3 + 0.65),
                compute_fraction=float(bits.mean()),
                byte_equal_steps=int(equal.sum()),
                mismatches=int((~equal).sum()),
            )
        )
    return BoardRecord(
        name=name,
        title="Arm MPS2 AN386" if name == "mps2-an386" else "Arm MPS3 AN547 (Corstone-300)",
        core="cortex-m4" if name == "mps2-an386" else "cortex-m55",
        clock_hz=25_000_000,
        virtual=True,
        firmware_sha256="cd" * 32,
        flash_bytes=731_204,
        ram_bytes=61_440,
        arena_bytes=4_096,
        state_bytes=37_536,
        stack_used=1_304,
        instructions_kind="exact",
        cycles_kind="modelled",
        cycles_source="made up for the layout",
        energy=EnergyFacts(
            active_nj_per_cycle=0.35,
            idle_mw=16.3,
            voltage=1.8,
            clock_hz=120_000_000,
            source="made up",
            kind="estimated",
        ),
        passes=tuple(records),
        blocks=_block_costs(name, gates, cost),
        npu=_npu(gates) if name == "mps3-an547" else None,
    )


def _npu(gates: NDArray[np.bool_]) -> NpuRecord:
    cycles = np.array([16_000 if "mha" in block else 9_200 for block in BLOCKS])
    passes: dict[GateSource, NDArray[np.bool_]] = {
        "arbitrator": gates,
        "all": np.ones_like(gates),
        "none": np.zeros_like(gates),
    }
    return NpuRecord(
        accelerator="ethos-u55-128",
        cycles_kind="modelled",
        estimate="made up, Sram_Only",
        blocks=tuple(
            NpuPartRecord(
                name=block, jobs=1, cycles=spent, estimated_cycles=spent + 2_000, flash_bytes=50_000
            )
            for block, spent in zip(BLOCKS, cycles.tolist(), strict=True)
        ),
        every_step=NpuPartRecord(
            name="every step", jobs=2, cycles=4_032, estimated_cycles=5_165, flash_bytes=34_032
        ),
        passes=tuple(
            NpuPassRecord(
                gates=source,
                jobs_per_step=2 + float(bits.sum(axis=1).mean()),
                cycles_per_step=4_032 + float((bits @ cycles).mean()),
                flash_bytes_per_step=34_032 + 50_000 * float(bits.sum(axis=1).mean()),
            )
            for source, bits in passes.items()
        ),
    )


def _block_costs(name: str, gates: NDArray[np.bool_], cost: NDArray[np.int64]) -> tuple[BlockCost, ...]:
    total = float((gates @ cost).sum() + len(gates) * FIXED[name])
    rows = [
        BlockCost(
            index=index,
            name=block,
            runs=int(gates[:, index].sum()),
            skips=int((~gates[:, index]).sum()),
            instructions=float(cost[index]),
            cycles=float(cost[index] * 1.2),
            energy_uj=float(cost[index] * 1.2 * 0.35e-3),
            share=float(gates[:, index].sum() * cost[index] / total),
        )
        for index, block in enumerate(BLOCKS)
    ]
    for index, part in ((len(BLOCKS), "before the blocks"), (len(BLOCKS) + 1, "after the blocks")):
        rows.append(
            BlockCost(
                index=index,
                name=part,
                runs=len(gates),
                skips=0,
                instructions=FIXED[name] / 2,
                cycles=FIXED[name] * 0.6,
                energy_uj=0.01,
                share=len(gates) * FIXED[name] / 2 / total,
            )
        )
    return tuple(rows)
