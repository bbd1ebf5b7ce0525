"""A result bundle → one HTML file with its style, script, data and images inside."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined, select_autoescape
from markupsafe import Markup
from numpy.typing import NDArray
from skipstone.tools.report import board_chart, numbers, utterance_figure
from skipstone.tools.report.spectrogram import display_range
from skipstone.tools.report.utterance_figure import CostLane, UtteranceView
from skipstone.tools.run.bundle import Bundle, Frames
from skipstone.tools.run.record import FRONT_END, BoardRecord, ModelFacts, NpuRecord, UtteranceRecord

TEMPLATE = files("skipstone.tools.report") / "template"


def render(bundle: Bundle) -> str:
    """The report as text. Deterministic: the same bundle gives the same bytes."""
    record = bundle.record
    environment = Environment(autoescape=select_autoescape(default=True), undefined=StrictUndefined)
    environment.filters.update(
        grouped=numbers.grouped,
        short=numbers.short,
        percent=numbers.percent,
        size=numbers.size,
        energy=numbers.energy,
    )
    template = environment.from_string((TEMPLATE / "report.html.j2").read_text(encoding="utf-8"))
    return template.render(
        run=record,
        model=record.model,
        block_macs={block.name: block.macs for block in record.model.blocks},
        weight_share=_weight_share(record.model),
        front_end={board.name: _front_end(board) for board in record.boards},
        max_share={board.name: _largest_share(board) for board in record.boards},
        style=Markup((TEMPLATE / "report.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATE / "report.js").read_text(encoding="utf-8")),
        board_chart=Markup(board_chart.draw(record.boards)),
        utterances=_utterances(bundle),
        data=Markup(_embedded_data(bundle)),
    )


def _utterances(bundle: Bundle) -> list[dict[str, Any]]:
    colour_range = display_range(bundle.frames.features)
    rows = []
    for index, utterance in enumerate(bundle.record.utterances):
        view = utterance_view(bundle, utterance, colour_range)
        figure = utterance_figure.draw(view) if view.steps else ""
        rows.append(
            {
                "index": index,
                "record": utterance,
                "figure": Markup(figure),
                "open_share": float(view.gates.mean()) if view.gates.size else 0.0,
            }
        )
    return rows


def utterance_view(
    bundle: Bundle, utterance: UtteranceRecord, colour_range: tuple[float, float]
) -> UtteranceView:
    """Cut the rows of one utterance out of the frames table."""
    model = bundle.record.model
    rows = slice(utterance.first_step, utterance.first_step + utterance.steps)
    features = bundle.frames.features[rows].reshape(utterance.steps * model.frames_per_step, -1)
    emissions = tuple(
        (step, _token(model, token))
        for step, token in enumerate(bundle.frames.tokens[rows].tolist())
        if token >= 0
    )
    return UtteranceView(
        identifier=utterance.identifier,
        features=features,
        colour_range=colour_range,
        gates=bundle.frames.gates[rows],
        block_names=tuple(block.name for block in model.blocks),
        block_kinds=tuple(block.kind for block in model.blocks),
        emissions=emissions,
        lanes=tuple(_lane(bundle.frames, board, rows) for board in bundle.record.boards),
        npu_lanes=tuple(
            _npu_lane(bundle.frames.gates[rows], board.name, board.npu)
            for board in bundle.record.boards
            if board.npu is not None
        ),
        step_seconds=bundle.record.step_seconds,
    )


def _lane(frames: Frames, board: BoardRecord, rows: slice) -> CostLane:
    return CostLane(
        board.name,
        ("instructions", "per step", board.name),
        gated=frames.passes[(board.name, "arbitrator")].instructions[rows],
        all_on=frames.passes[(board.name, "all")].instructions[rows],
        none_on=frames.passes[(board.name, "none")].instructions[rows],
    )


def _npu_lane(gates: NDArray[np.bool_], board: str, npu: NpuRecord) -> CostLane:
    """NPU cycles of each step, from the gates and the cycles of a run of each block."""
    costs = np.array([block.cycles for block in npu.blocks])
    gated = npu.every_step.cycles + gates @ costs
    return CostLane(
        board,
        ("NPU cycles", npu.cycles_kind, npu.accelerator),
        gated=gated,
        all_on=np.full(len(gates), npu.every_step.cycles + costs.sum()),
        none_on=np.full(len(gates), npu.every_step.cycles),
    )


def _token(model: ModelFacts, token: int) -> str:
    return model.tokens[token] if token < len(model.tokens) else f"#{token}"


def _front_end(board: BoardRecord) -> float:
    """Instructions of the front end per step; 0 where the board got features."""
    return next((row.instructions for row in board.blocks if row.name == FRONT_END), 0.0)


def _largest_share(board: BoardRecord) -> float:
    return max((block.share for block in board.blocks), default=0.0) or 1.0


def _weight_share(model: ModelFacts) -> float:
    """Share of the weight bytes that stand in gated blocks."""
    return sum(block.weight_bytes for block in model.blocks) / max(model.weight_bytes, 1)


def _embedded_data(bundle: Bundle) -> str:
    """JSON for the hover: per utterance the open-gate bits, tokens and per board instructions and cycles."""
    record, frames = bundle.record, bundle.frames
    utterances = []
    for utterance in record.utterances:
        rows = slice(utterance.first_step, utterance.first_step + utterance.steps)
        tokens = {
            step: _token(record.model, token)
            for step, token in enumerate(frames.tokens[rows].tolist())
            if token >= 0
        }
        costs = {}
        for board in record.boards:
            columns = frames.passes[(board.name, "arbitrator")]
            costs[board.name] = [columns.instructions[rows].tolist(), columns.cycles[rows].tolist()]
        packed = frames.gates[rows] @ (1 << np.arange(frames.gates.shape[1], dtype=object))
        utterances.append({"gates": [str(bits) for bits in packed], "tokens": tokens, "costs": costs})
    data = {
        "stepSeconds": record.step_seconds,
        "blocks": [block.name for block in record.model.blocks],
        "cyclesKind": {board.name: board.cycles_kind for board in record.boards},
        "npu": {
            board.name: [board.npu.every_step.cycles, *(block.cycles for block in board.npu.blocks)]
            for board in record.boards
            if board.npu is not None
        },
        "allOn": {board.name: board.of("all").instructions_per_step for board in record.boards},
        "utterances": utterances,
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
