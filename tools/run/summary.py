"""What a run prints when it is done."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from skipstone.tools.run.bundle import REPORT
from skipstone.tools.run.record import RunRecord


def print_summary(record: RunRecord, folder: Path, console: Console) -> None:
    """Recognised text, costs per board, verdict and the place of the report."""
    console.print(_texts(record))
    console.print(_costs(record))
    for line in _npu_lines(record):
        console.print(line, soft_wrap=True)
    wrong = sum(board.mismatches for board in record.boards)
    compared = sum(board.compared_steps for board in record.boards)
    fraction = record.boards[0].of("arbitrator").compute_fraction
    if record.word_error_rate is not None:
        console.print(f"word error rate   {100 * record.word_error_rate:.1f} %  (these clips, on the device)")
    console.print(f"compute fraction  {100 * fraction:.1f} %  (MACs, arbitrators counted)")
    style = "red" if wrong else "green"
    console.print(
        f"[{style}]equal to TFLM     {compared - wrong:,} of {compared:,} steps, byte for byte; "
        f"{wrong} mismatches[/]"
    )
    for remark in record.remarks:
        console.print(f"[yellow]{escape(remark)}[/]")
    console.print(f"report            {folder / REPORT}", soft_wrap=True)


def _texts(record: RunRecord) -> Table:
    table = Table(title="Recognised on the device", title_justify="left")
    for heading in ("clip", "text", "reference"):
        table.add_column(heading, overflow="fold")
    for utterance in record.utterances:
        same = utterance.reference == utterance.text
        reference = "=" if same else escape(utterance.reference or "–")
        table.add_row(escape(utterance.identifier), escape(utterance.text), reference)
    return table


def _costs(record: RunRecord) -> Table:
    table = Table(title="Instructions per step", title_justify="left")
    table.add_column("board")
    for heading in ("all on", "gated", "none on", "gated/all", "none/all", "differ"):
        table.add_column(heading, justify="right")
    for board in record.boards:
        everything, gated, nothing = (board.of(gates) for gates in ("all", "arbitrator", "none"))
        total = everything.instructions_per_step or 1.0
        table.add_row(
            board.name,
            f"{everything.instructions_per_step:,.0f}",
            f"{gated.instructions_per_step:,.0f}",
            f"{nothing.instructions_per_step:,.0f}",
            f"{100 * gated.instructions_per_step / total:.1f} %",
            f"{100 * nothing.instructions_per_step / total:.1f} %",
            str(board.mismatches),
        )
    return table


def _npu_lines(record: RunRecord) -> list[str]:
    """One for each board with an NPU."""
    lines = []
    for board in record.boards:
        if board.npu is not None:
            gated, everything = board.npu.of("arbitrator"), board.npu.of("all")
            lines.append(
                f"{board.npu.accelerator}     {gated.cycles_per_step:,.0f} cycles a step of "
                f"{everything.cycles_per_step:,.0f} all on ({board.npu.cycles_kind}), "
                f"{gated.flash_bytes_per_step:,.0f} bytes of flash read of "
                f"{everything.flash_bytes_per_step:,.0f}"
            )
    return lines
