"""Generated C with jobs of the NPU on the host; the functional model of the Ethos-U55 executes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import skipstone.tools.virtual.npu.build as npu_build
from codegen_host_program import FLAGS, PROGRAM, RUNTIME, HostModel, host_board
from skipstone.firmware.codegen.generate import Generated, generate
from skipstone.firmware.codegen.npu.accelerator import find_accelerator
from skipstone.firmware.codegen.npu.partition import NpuSettings

HERE = Path(__file__).parent
MODEL_FOLDER = Path(npu_build.__file__).parent


def build_npu_host_model(
    model: bytes, folder: Path, accelerator: str = "ethos-u55-128", min_macs: int = 0
) -> tuple[HostModel, Generated]:
    """Generate C for ``model`` with its jobs and compile it with the stream program and the model."""
    path = folder / "model.tflite"
    path.write_bytes(model)
    target = find_accelerator(accelerator)
    generated = generate(path, host_board(), folder / "c", npu=NpuSettings(target, min_macs))
    sources = [RUNTIME / line for line in generated.files["kernels.txt"].split()]
    sources += sorted((folder / "c").glob("*.c"))
    folders = [RUNTIME / "include", RUNTIME / "frontend", folder / "c"]
    folders += [RUNTIME.parent / "npu" / "include", MODEL_FOLDER]
    includes = [part for name in folders for part in ("-I", str(name))]
    executable = folder / "stream"
    defines = [f"-DNPU_MACS={target.macs_per_cycle}"]
    command = ["gcc", *FLAGS, *defines, *includes, *map(str, sources), str(HERE / "npu_stand_in.c")]
    command += [str(PROGRAM), str(npu_build.model_library()), "-o", str(executable)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-5000:]
    program = generated.model.program
    host = HostModel(
        executable,
        program.features.bytes,
        program.logits.bytes,
        len(generated.model.facts.blocks),
        {state.name: state.bytes for state in program.states},
    )
    return host, generated
