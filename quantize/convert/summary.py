"""A short table of what a converted model holds."""

from __future__ import annotations

from rich.table import Table
from skipstone.quantize.tflite.metadata import SkipBlock, SkipTable, read_skip_table
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model


def summary_table(data: bytes, title: str) -> Table:
    """Blocks by kind, fixed part and arbitrators, with MACs a step and bytes of weights.

    Args:
        data: a .tflite with a skip table.
        title: heading, such as the file's name.
    """
    model = read_model(data)
    skip_table = read_skip_table(model) or SkipTable(blocks=(), fixed_macs=0, arbitrator_macs=0)
    table = Table(title=f"{title}: {len(data):,} bytes", title_justify="left")
    table.add_column("part")
    for heading in ("count", "MACs each", "MACs a step", "weight bytes"):
        table.add_column(heading, justify="right")
    for kind in dict.fromkeys(block.kind for block in skip_table.blocks):
        _add_blocks(table, kind, [block for block in skip_table.blocks if block.kind == kind])
    in_blocks = sum(block.weight_bytes for block in skip_table.blocks)
    table.add_row("arbitrators", "", "", f"{skip_table.arbitrator_macs:,}", "")
    always = f"{_constant_bytes(model) - in_blocks:,}"
    table.add_row("front, head, constants", "", "", f"{skip_table.fixed_macs:,}", always)
    table.add_section()
    macs = sum(block.macs for block in skip_table.blocks)
    total = macs + skip_table.fixed_macs + skip_table.arbitrator_macs
    table.add_row("all", "", "", f"{total:,}", f"{_constant_bytes(model):,}")
    return table


def _add_blocks(table: Table, kind: str, blocks: list[SkipBlock]) -> None:
    macs = sum(block.macs for block in blocks)
    weights = sum(block.weight_bytes for block in blocks)
    table.add_row(f"{kind} blocks", str(len(blocks)), f"{blocks[0].macs:,}", f"{macs:,}", f"{weights:,}")


def _constant_bytes(model: Model) -> int:
    return sum(t.data.nbytes for graph in model.subgraphs for t in graph.tensors if t.data is not None)
