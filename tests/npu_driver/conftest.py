"""The driver of the NPU compiled for the host, in front of the register file of the virtual board's NPU."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import BOARDS_FOLDER
from skipstone.tools import virtual
from skipstone.tools.build.sources import WARNINGS

HERE = Path(__file__).parent
DRIVER = BOARDS_FOLDER.parent / "npu"
REGISTERS = Path(virtual.__file__).parent / "npu"
MACS = 128


class Bench:
    """The program: ``bench.run(...)`` calls ``bench_run``; results are unsigned, 64 bits wide."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))

    def __getattr__(self, name: str) -> ctypes._NamedFuncPointer:
        function = getattr(self._library, f"bench_{name}")
        function.restype = (
            ctypes.c_uint64 if name.startswith(("seen", "cycles", "device")) else ctypes.c_uint32
        )
        return function

    def start(self, commands: int = 0x1000_0000, bytes_: int = 64, regions: int = 3) -> int:
        """Run a job."""
        return int(self.run(ctypes.c_size_t(commands), bytes_, regions))

    def written(self) -> list[tuple[int, int]]:
        """Register writes of the driver since they were forgotten: (offset, value)."""
        return [(self.access(i, 0), self.access(i, 1)) for i in range(self.access_count())]

    def last_fault(self) -> dict[str, int]:
        """The driver's record of the failed job."""
        names = ("error", "job", "status", "queue_offset", "interface", "channel")
        return {name: self.fault(i) for i, name in enumerate(names)}


@pytest.fixture(scope="session")
def bench_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("npu_driver") / "driver.so"
    files = [HERE / "driver_program.c", DRIVER / "ss_npu.c", REGISTERS / "registers.c"]
    includes = [f"-I{folder}" for folder in (DRIVER, DRIVER / "include", REGISTERS)]
    flags = ["-std=c11", "-O1", "-g", "-shared", "-fPIC", *WARNINGS, "-DSS_NPU_REGISTER_FUNCTIONS"]
    subprocess.run(["gcc", *flags, *includes, *map(str, files), "-o", str(library)], check=True)
    return library


@pytest.fixture
def bench(bench_library: Path) -> Bench:
    """A powered-on NPU of 128 MACs a cycle with an initialised driver."""
    bench = Bench(bench_library)
    bench.power_on(MACS)
    assert bench.init(MACS, 0, 0, 50) == 0
    bench.forget_accesses()
    return bench
