"""The stages of a run: model, clips, TFLM's answers; a board: firmware, flash, stream; the bundle."""

from __future__ import annotations

from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.quantize.artefacts import write_folder
from skipstone.quantize.evaluation.idle_reset import IdleRule
from skipstone.tools.npu.job_table import read_job_table
from skipstone.tools.report.render import render
from skipstone.tools.run.assemble import BoardRun, assemble
from skipstone.tools.run.bundle import Bundle, write_bundle
from skipstone.tools.run.clips import Clip, read_clips
from skipstone.tools.run.errors import RunError
from skipstone.tools.run.firmware import CODE, make_firmware
from skipstone.tools.run.flashed import flashed
from skipstone.tools.run.model import LoadedModel, load_model
from skipstone.tools.run.progress import RunProgress
from skipstone.tools.run.record import GateSource
from skipstone.tools.run.reference import Answers, tflm_answers
from skipstone.tools.run.settings import PASSES, RunSettings
from skipstone.tools.run.stream import BoardPass, stream_pass


def run_pipeline(settings: RunSettings, progress: RunProgress) -> Bundle:
    """Run everything and write the bundle to ``settings.output``.

    Mismatches do not raise: they stand in the bundle, whose verdict is then ``invalid``.

    Raises:
        SkipstoneError: a stage failed; no bundle is written.
    """
    settings.check()
    boards = [load_board(name) for name in settings.boards]
    model = load_model(settings.model)
    with progress.stage("read clips"):
        clips = read_clips(settings.clips, model.features, settings.limit)
    steps = sum(clip.steps for clip in clips)
    expected: dict[GateSource, Answers] = {}
    with progress.stage("stock TFLM, three gate sources", steps * len(PASSES)) as advance:
        for source in PASSES:
            expected[source] = tflm_answers(model.data, clips, len(model.facts.blocks), source, advance)
    runs = [_run_board(board, model, clips, expected, settings, progress) for board in boards]
    bundle = assemble(model, clips, runs)
    with progress.stage("report"), write_folder(settings.output) as folder:
        write_bundle(folder, bundle, render(bundle))
    return bundle


def _run_board(
    board: Board,
    model: LoadedModel,
    clips: list[Clip],
    expected: dict[GateSource, Answers],
    settings: RunSettings,
    progress: RunProgress,
) -> BoardRun:
    with progress.stage(f"{board.name}: code, build"):
        name = board.name if settings.npu is None else f"{board.name}-{settings.npu}"
        folder = settings.work / name
        elf = make_firmware(settings.model, board, folder, settings.npu)
        jobs = None if settings.npu is None else read_job_table(folder / CODE)
    with flashed(board, elf, settings.port, progress.stage(f"{board.name}: flash")) as device:
        if device.info.model_sha256 != model.facts.sha256:
            raise RunError(
                f"{board.name} runs another model than {settings.model.name}",
                "run again; the flash step failed",
            )
        steps = sum(clip.steps for clip in clips)
        passes: dict[GateSource, BoardPass] = {}
        for source in PASSES:
            # The gated pass sends audio, so that the board's front end is checked too.
            from_pcm = source == "arbitrator" and device.info.samples_per_step > 0
            with progress.stage(f"{board.name}: stream, gates {source}", steps) as advance:
                passes[source] = stream_pass(
                    device,
                    clips,
                    source,
                    expected[source],
                    from_pcm,
                    advance,
                    jobs is not None,
                    IdleRule(model.facts.idle_reset, model.facts.idle_blocks),
                )
        return BoardRun(board, elf, device.info, device.memory(), passes, jobs)
