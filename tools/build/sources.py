"""Which C sources make the firmware of one board and model, and the flags they are compiled with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from skipstone.firmware.codegen.boards import BOARDS_FOLDER, Board
from skipstone.tools.build.errors import BuildError

FIRMWARE_FOLDER = BOARDS_FOLDER.parent
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
COMPILE_FLAGS = ("-std=c11", "-O2", "-g", "-ffunction-sections", "-fdata-sections", "-fno-common", *WARNINGS)
LINK_FLAGS = ("-nostdlib", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments")
LIBRARIES = ("gcc",)
HOOKS_HEADER = "ss_app_hooks.h"
NPU_FILE = "npu_jobs.c"
"""Jobs of a generated model: where it is there, the firmware gets the driver of the NPU."""

_UART_DRIVERS = {"cmsdk": "cmsdk_uart.c", "stm32f4": "stm32f4_usart.c"}
_CACHED_CORES = ("cortex-m7", "cortex-m55")


@dataclass(frozen=True)
class Application:
    """What the firmware does with the model.

    Attributes:
        folder: of its sources, in ``firmware/``.
        definitions: ``NAME=VALUE`` of its own; without blanks and quotes.
        is_measured: whether the parts of the model call the application's hooks (``ss_app_hooks.h``).
    """

    folder: str
    definitions: tuple[str, ...] = ()
    is_measured: bool = False


SERIAL_APPLICATION = Application("app", is_measured=True)
"""The application behind the protocol of ``docs/reference/protocol.md``."""


@dataclass(frozen=True)
class Sources:
    """One group of sources: ``files`` are relative to ``folder``, ``flags`` are added to the common ones."""

    name: str
    folder: Path
    files: tuple[str, ...]
    flags: tuple[str, ...] = ()


def check_model_folder(folder: Path) -> None:
    """Raise BuildError unless ``folder`` holds the output of code generation."""
    missing = [name for name in ("model.c", "model.h", "kernels.txt") if not (folder / name).is_file()]
    if missing:
        raise BuildError(
            f"{folder} is not the output of code generation: it lacks {', '.join(missing)}",
            "run `skipstone codegen model.tflite --board NAME -o DIR` first and pass DIR",
        )


def board_sources(board: Board, model_folder: Path) -> Sources:
    """Start-up and the drivers that the board names."""
    files = (
        "startup.c",
        "fault.c",
        _UART_DRIVERS[board.uart.driver],
        f"clock_{board.clock.driver}.c",
        f"counter_{board.counter.driver}.c",
    )
    flags = ("-DSS_INSTRUCTION_CACHE",) if board.core in _CACHED_CORES else ()
    return Sources(
        "drivers", FIRMWARE_FOLDER / "boards" / "drivers", files, (*flags, *npu_flags(model_folder))
    )


def check_npu(board: Board, model_folder: Path, application: Application) -> None:
    """Raise BuildError where the model runs jobs on an NPU that board or application do not have."""
    if not npu_flags(model_folder):
        return
    if application.folder != SERIAL_APPLICATION.folder:
        raise BuildError(
            f"the application '{application.folder}' starts no NPU, but {model_folder} was generated for one",
            "generate the code again without --npu",
        )
    wanted = _accelerator(model_folder)
    if board.npu is None:
        raise BuildError(
            f"{model_folder} was generated for {wanted}, but {board.name} has no NPU",
            "generate the code again without --npu, or choose a board with an [npu] section",
        )
    if wanted != board.npu.accelerator:
        raise BuildError(
            f"{model_folder} was generated for {wanted}, but {board.name} has {board.npu.accelerator}",
            f"generate the code again with --npu {board.npu.accelerator}",
        )


def npu_sources(model_folder: Path) -> tuple[Sources, ...]:
    """The driver of the NPU, where the model runs jobs on one."""
    if not npu_flags(model_folder):
        return ()
    folder = FIRMWARE_FOLDER / "npu"
    return (Sources("npu", folder, tuple(sorted(path.name for path in folder.glob("*.c")))),)


def app_sources(model_folder: Path, application: Application = SERIAL_APPLICATION) -> Sources:
    """The application: every file of its folder."""
    folder = FIRMWARE_FOLDER / application.folder
    files = tuple(sorted(path.name for path in folder.glob("*.c")))
    own = tuple(f"-D{definition}" for definition in application.definitions)
    parts = (*front_end_flags(model_folder), *grammar_flags(model_folder), *npu_flags(model_folder))
    return Sources("app", folder, files, (*own, *parts))


def memory_sources(application: Application) -> tuple[Sources, ...]:
    """``memcpy`` and its like, for an application that does not bring them."""
    if application.folder == SERIAL_APPLICATION.folder:
        return ()
    return (Sources("memory", FIRMWARE_FOLDER / SERIAL_APPLICATION.folder, ("memory.c",)),)


def front_end_flags(model_folder: Path) -> tuple[str, ...]:
    """``-DSS_FRONT_END`` where the model comes with front-end tables."""
    return ("-DSS_FRONT_END",) if (model_folder / "frontend_tables.c").is_file() else ()


def grammar_flags(model_folder: Path) -> tuple[str, ...]:
    """``-DSS_GRAMMAR`` where the model comes with a grammar."""
    return ("-DSS_GRAMMAR",) if (model_folder / "grammar.c").is_file() else ()


def npu_flags(model_folder: Path) -> tuple[str, ...]:
    """``-DSS_NPU`` where the model comes with jobs of an NPU."""
    return ("-DSS_NPU",) if (model_folder / NPU_FILE).is_file() else ()


def _accelerator(model_folder: Path) -> str:
    """The NPU that the jobs in ``model_folder`` are compiled for."""
    try:
        text = (model_folder / "codegen.json").read_text(encoding="utf-8")
        return str(json.loads(text)["npu"]["accelerator"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(
            f"{model_folder / 'codegen.json'} does not say which NPU the jobs are for: {error}",
            "generate the code again with this version",
        ) from error


def runtime_sources(model_folder: Path) -> Sources:
    """The runtime and the kernels that ``kernels.txt`` names."""
    folder = FIRMWARE_FOLDER / "runtime"
    lines = (model_folder / "kernels.txt").read_text(encoding="utf-8").splitlines()
    named = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    files = sorted({*named, *(path.name for path in folder.glob("*.c"))})
    absent = [name for name in files if not (folder / name).is_file()]
    if absent:
        raise BuildError(
            f"{model_folder / 'kernels.txt'} names kernels that do not exist: {', '.join(absent)}",
            "generate the code again with this version",
        )
    return Sources("runtime", folder, tuple(files))


def model_sources(model_folder: Path, application: Application = SERIAL_APPLICATION) -> Sources:
    """The generated model; its parts are measured where the application has hooks."""
    files = tuple(sorted(path.name for path in model_folder.glob("*.c")))
    flags = ("-include", HOOKS_HEADER) if application.is_measured else ()
    return Sources("model", model_folder, files, flags)


def include_folders(model_folder: Path, application: Application = SERIAL_APPLICATION) -> tuple[Path, ...]:
    """Where headers are found, besides the folder of the board files. ``app`` has those of the HAL."""
    apps = (application.folder, SERIAL_APPLICATION.folder)
    runtime = ("runtime/include", "runtime/frontend", "runtime/kernels")
    folders = (*apps, "protocol", "boards/drivers", *runtime, "npu", "npu/include")
    return (model_folder, *(FIRMWARE_FOLDER / name for name in dict.fromkeys(folders)))


def firmware_sources(
    board: Board, model_folder: Path, application: Application = SERIAL_APPLICATION
) -> tuple[Sources, ...]:
    """All groups. Raises BuildError when the model folder is incomplete."""
    check_model_folder(model_folder)
    check_npu(board, model_folder, application)
    return (
        app_sources(model_folder, application),
        *memory_sources(application),
        board_sources(board, model_folder),
        *npu_sources(model_folder),
        runtime_sources(model_folder),
        model_sources(model_folder, application),
    )
