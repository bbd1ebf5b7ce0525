"""SCons script of PlatformIO: compiles the application, the board's drivers, the runtime and the model.

Project options: ``custom_board`` (name or path; default: the PlatformIO board), ``custom_model_dir``
(output of code generation; default: the variable SKIPSTONE_MODEL_DIR, else the demo model is generated),
``custom_application`` (a folder in ``firmware/``; default: the serial application) with its
``custom_definitions`` (``NAME=VALUE``, parted by blanks), and ``custom_baud`` (default: that of the board).
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from SCons.Script import COMMAND_LINE_TARGETS, AlwaysBuild, Default, DefaultEnvironment

try:
    from skipstone.firmware.codegen.boards import Board, load_board
    from skipstone.quantize.errors import SkipstoneError
    from skipstone.tools.build import sources
    from skipstone.tools.build.board_files import with_baud, write_board_files
except ImportError as error:
    sys.exit(
        f"error: {error}\nremedy: run the `pio` of the Python environment in which Skipstone is installed"
    )

PREFIX = "arm-none-eabi-"
LOADED_SECTIONS = r"(?:\.vectors|\.text|\.rodata|\.ARM\.exidx|\.data)"
RAM_SECTIONS = r"(?:\.stack_guard|\.stack|\.noinit|\.data|\.bss)"
DEMO_MODEL = Path("models/commands/model.tflite")


def generate_demo_model(env: Any, board: str) -> Path:
    """Run code generation on the demo model of the checkout; returns the output folder."""
    model = Path(env.subst("$PROJECT_DIR")) / DEMO_MODEL
    folder = Path(env.subst("$BUILD_DIR")) / "generated"
    if not model.is_file():
        sys.exit(
            f"error: no model is given and {DEMO_MODEL} does not exist\n"
            f"remedy: skipstone convert models/commands/checkpoint -o {DEMO_MODEL}, or set "
            "custom_model_dir or SKIPSTONE_MODEL_DIR to the output of `skipstone codegen`"
        )
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "codegen", str(model)]
    if not (folder / "model.c").is_file() or (folder / "model.c").stat().st_mtime < model.stat().st_mtime:
        subprocess.run([*command, "--board", board, "-o", str(folder)], check=True)
    return folder


def model_folder(env: Any, board: str) -> Path:
    """Where the generated model is."""
    chosen = env.GetProjectOption("custom_model_dir", "") or os.environ.get("SKIPSTONE_MODEL_DIR", "")
    return Path(env.subst(chosen)).resolve() if chosen else generate_demo_model(env, board)


def application_of(env: Any) -> sources.Application:
    """The application that the project names."""
    folder = env.GetProjectOption("custom_application", "") or sources.SERIAL_APPLICATION.folder
    if folder == sources.SERIAL_APPLICATION.folder:
        return sources.SERIAL_APPLICATION
    return sources.Application(folder, tuple(env.GetProjectOption("custom_definitions", "").split()))


def configure(env: Any, board: Board, includes: tuple[Path, ...], script: Path) -> None:
    """Tools, flags and size report."""
    env.Replace(
        AR=f"{PREFIX}gcc-ar",
        AS=f"{PREFIX}as",
        CC=f"{PREFIX}gcc",
        LINK=f"{PREFIX}gcc",
        OBJCOPY=f"{PREFIX}objcopy",
        RANLIB=f"{PREFIX}gcc-ranlib",
        SIZETOOL=f"{PREFIX}size",
        ARFLAGS=["rc"],
        PROGNAME="firmware",
        PROGSUFFIX=".elf",
        LDSCRIPT_PATH=str(script),
        LIBS=list(sources.LIBRARIES),
        SIZEPROGREGEXP=rf"^{LOADED_SECTIONS}\s+(\d+).*",
        SIZEDATAREGEXP=rf"^{RAM_SECTIONS}\s+(\d+).*",
        SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
        SIZEPRINTCMD="$SIZETOOL -B -d $SOURCES",
    )
    env.Append(
        CCFLAGS=[*board.cflags, *sources.COMPILE_FLAGS[1:]],
        CFLAGS=[sources.COMPILE_FLAGS[0]],
        CPPPATH=[str(script.parent), *(str(folder) for folder in includes)],
        LINKFLAGS=[*board.cflags, *sources.LINK_FLAGS],
        ASFLAGS=[*board.cflags],
    )


def add_sources(env: Any, groups: tuple[sources.Sources, ...]) -> None:
    """Compile every group but the application, which PlatformIO compiles as the project's sources."""
    for group in groups:
        if group.name == "app":
            env.Append(CPPDEFINES=[flag.removeprefix("-D") for flag in group.flags])
            continue
        own = env.Clone()
        own.Append(CCFLAGS=list(group.flags))
        chosen = ["-<*>", *(f"+<{name}>" for name in group.files)]
        nodes = own.CollectBuildFiles(f"$BUILD_DIR/{group.name}", str(group.folder), chosen)
        env.Append(PIOBUILDFILES=[own.Object(node) for node in nodes])


def main() -> None:
    """Build firmware.elf and report its size."""
    env = DefaultEnvironment()
    board = load_board(env.GetProjectOption("custom_board", "") or env.BoardConfig().id)
    baud = env.GetProjectOption("custom_baud", "")
    board = with_baud(board, int(baud)) if baud else board
    model, application = model_folder(env, str(board.folder)), application_of(env)
    script = write_board_files(board, Path(env.subst("$BUILD_DIR")) / "board")
    groups = sources.firmware_sources(board, model, application)
    configure(env, board, sources.include_folders(model, application), script)
    add_sources(env, groups)
    program = env.BuildProgram() if "nobuild" not in COMMAND_LINE_TARGETS else "$BUILD_DIR/firmware.elf"
    size = env.VerboseAction("$SIZEPRINTCMD", "Size of $SOURCE")
    AlwaysBuild(env.Alias("size", program, size))
    upload = env.VerboseAction(
        f'"$PYTHONEXE" -m skipstone.tools.cli.main flash --board "{board.folder}" $SOURCE', "Flashing $SOURCE"
    )
    env.AddPlatformTarget("upload", program, [upload], "Flash")
    Default([program])


try:
    main()
except SkipstoneError as error:
    sys.exit(f"error: {error.cause}\nremedy: {error.remedy}")
