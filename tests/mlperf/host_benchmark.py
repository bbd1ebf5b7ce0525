"""The benchmark application compiled for the host with sanitizers, its serial port a pseudo terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import tty
from pathlib import Path

from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate
from skipstone.tools.build import sources
from skipstone.tools.mlperf.firmware import BenchmarkModel

HOST = Path(__file__).parents[1] / "firmware" / "host"
TIMEOUT_S = 20.0
_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def compile_host_benchmark(model: BenchmarkModel, folder: Path) -> Path:
    """Generate C with the portable kernels and compile it with the application; returns the program."""
    board = load_board("mps2-an386").model_copy(update={"kernel_variant": "ref"})
    (folder / "model.tflite").write_bytes(model.data)
    generate(folder / "model.tflite", board, folder / "code")
    definitions = (
        "SS_MLPERF_MODEL=kws01",
        f"SS_MLPERF_UNSIGNED={int(model.is_unsigned)}",
        f"SS_MLPERF_STEPS={model.most_steps}",
    )
    application = sources.Application("mlperf", definitions)
    groups = (
        sources.app_sources(folder / "code", application),
        sources.runtime_sources(folder / "code"),
        sources.model_sources(folder / "code", application),
    )
    includes = [f"-I{path}" for path in (HOST, *sources.include_folders(folder / "code", application))]
    files = [str(group.folder / name) for group in groups for name in group.files]
    command = ["gcc", "-std=gnu11", "-O1", "-g", *sources.WARNINGS, *_SANITIZERS, *groups[0].flags, *includes]
    program = folder / "benchmark"
    subprocess.run([*command, str(HOST / "host_hal.c"), *files, "-o", str(program)], check=True)
    return program


class HostBenchmark:
    """A running application. Use as a context manager; leaving it checks that no sanitizer complained.

    ``port`` is the path of its serial port.
    """

    def __init__(self, program: Path) -> None:
        self._device_end, self._host_end = pty.openpty()
        tty.setraw(self._host_end)
        self.port = os.ttyname(self._host_end)
        self._process = subprocess.Popen(
            [str(program)], stdin=self._device_end, stdout=self._device_end, stderr=subprocess.PIPE
        )
        os.close(self._device_end)

    def __enter__(self) -> HostBenchmark:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._host_end)  # the last one: the device's next read ends
        _, complaint = self._process.communicate(timeout=TIMEOUT_S)
        assert self._process.returncode == 0, complaint.decode()[-3000:]
