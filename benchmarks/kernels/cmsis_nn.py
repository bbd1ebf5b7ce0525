"""Executed instructions of CMSIS-NN's kernels, measured like ours on the same virtual boards.

The sources are CMSIS-NN 4.0.0 as the PyPI wheel ``bakenn`` carries them (benchmark-only dependency, see
``[project.optional-dependencies] bench``). It has fully connected, convolution, depthwise and pooling
kernels; what it lacks is listed in :data:`RECORDED` with figures measured elsewhere. Flags are upstream's
(``-Ofast``); for Helium the same sources are compiled with clang as well, since gcc 12 compiles them badly.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "kernels"))

from case_program import SOURCES, Target, c_array, run  # noqa: E402
from skipstone.quantize.arithmetic.fixed_point import quantize_multipliers, requantize  # noqa: E402

CLANG = "clang-19"
CLANG_FLAGS = ["--target=arm-none-eabi", "-mcpu=cortex-m55", "-mfloat-abi=hard", "-Ofast", "-fshort-enums"]

# (core, kernel, shape) → instructions: upstream CMSIS-NN 4ab83cc3 in TFLM 90b983c2, gcc 12.2 on M4 and
# clang-19 -Ofast on M55, counted exactly in QEMU before this project began: kernels that bakenn does not
# carry, and the fully connected of Helium, which became twice as fast after 4.0.0.
RECORDED = {
    ("m4", "softmax_s8", "32"): 16883,
    ("m4", "softmax_s8", "64"): 33217,
    ("m4", "add_s8", "144"): 11804,
    ("m55", "fully_connected_s8", "48x192"): 3579,
    ("m55", "fully_connected_s8", "192x48"): 2067,
    ("m55", "fully_connected_s8", "96x384"): 9915,
    ("m55", "fully_connected_s8", "384x96"): 6891,
    ("m55", "fully_connected_s8", "256x1024"): 51835,
    ("m55", "fully_connected_s8", "1024x256"): 43771,
    ("m55", "softmax_s8", "32"): 2629,
    ("m55", "softmax_s8", "64"): 4971,
    ("m55", "add_s8", "144"): 1255,
}


@dataclass(frozen=True, eq=False)
class CmsisCase:
    """One call of a CMSIS-NN kernel and the output that TFLM's arithmetic expects of it.

    Attributes:
        kernel, shape: as in the result file.
        constants: C definitions.
        body: statements that read ``input[0]`` and write ``output``.
        input: int8[n].
        expected: int8[m].
    """

    kernel: str
    shape: str
    constants: str
    body: str
    input: NDArray[np.int8]
    expected: NDArray[np.int8]


def vendor_folder() -> Path:
    """Folder of CMSIS-NN inside the installed package.

    Raises:
        SystemExit: ``bakenn`` is not installed.
    """
    found = importlib.util.find_spec("bakenn")
    if found is None or found.origin is None:
        raise SystemExit("bakenn is not installed\nremedy: pip install 'skipstone[bench]'")
    return Path(found.origin).parent / "backend" / "cmsis_nn" / "vendor"


def fully_connected(rng: np.random.Generator, inputs: int, outputs: int) -> CmsisCase:
    """One vector times a matrix, per tensor (CMSIS-NN has no other)."""
    weights, x, bias = operands(rng, (outputs, inputs), inputs)
    accumulator = weights.astype(np.int64) @ (x.astype(np.int64) + 5) + bias
    multiplier, shift, expected = rescaled(accumulator, inputs, 1)
    body = f"""
    const cmsis_nn_context context = {{scratch, 0}};
    const cmsis_nn_fc_params params = {{5, 0, 0, {{-128, 127}}}};
    const cmsis_nn_per_tensor_quant_params quant = {{{multiplier[0]}, {shift[0]}}};
    const cmsis_nn_dims in = {{1, 1, 1, {inputs}}}, filter = {{{inputs}, 1, 1, {outputs}}};
    const cmsis_nn_dims bias_dims = {{1, 1, 1, {outputs}}}, out = {{1, 1, 1, {outputs}}};
    arm_fully_connected_s8(&context, &params, &quant, &in, input[0], &filter, NAME_weights, &bias_dims,
                           NAME_bias, &out, output);"""
    return CmsisCase("fully_connected_s8", f"{inputs}x{outputs}", constants(weights, bias), body, x, expected)


def pointwise(rng: np.random.Generator, inputs: int, outputs: int) -> CmsisCase:
    """1×1 convolution at one position."""
    weights, x, bias = operands(rng, (outputs, inputs), inputs)
    accumulator = weights.astype(np.int64) @ (x.astype(np.int64) + 5) + bias
    multiplier, shift, expected = rescaled(accumulator, inputs, outputs)
    body = f"""
    const cmsis_nn_context context = {{scratch, 16384}};
    const cmsis_nn_conv_params params = {{5, 0, {{1, 1}}, {{0, 0}}, {{1, 1}}, {{-128, 127}}}};
    const cmsis_nn_per_channel_quant_params quant = {{(int32_t *)NAME_multiplier, (int32_t *)NAME_shift}};
    const cmsis_nn_dims in = {{1, 1, 1, {inputs}}}, filter = {{{outputs}, 1, 1, {inputs}}};
    const cmsis_nn_dims bias_dims = {{1, 1, 1, {outputs}}}, out = {{1, 1, 1, {outputs}}};
    arm_convolve_wrapper_s8(&context, &params, &quant, &in, input[0], &filter, NAME_weights, &bias_dims,
                            NAME_bias, &out, output);"""
    text = constants(weights, bias, multiplier, shift)
    return CmsisCase("convolution_1x1_s8", f"{inputs}x{outputs}", text, body, x, expected)


def depthwise(rng: np.random.Generator, taps: int, channels: int) -> CmsisCase:
    """One output position of a depthwise convolution over time."""
    weights, x, bias = operands(rng, (taps, channels), taps)
    x = rng.integers(-128, 128, (taps, channels)).astype(np.int8)
    accumulator = (weights.astype(np.int64) * (x.astype(np.int64) + 5)).sum(0) + bias
    multiplier, shift, expected = rescaled(accumulator, taps, channels)
    body = f"""
    const cmsis_nn_context context = {{scratch, 16384}};
    const cmsis_nn_dw_conv_params params = {{5, 0, 1, {{1, 1}}, {{0, 0}}, {{1, 1}}, {{-128, 127}}}};
    const cmsis_nn_per_channel_quant_params quant = {{(int32_t *)NAME_multiplier, (int32_t *)NAME_shift}};
    const cmsis_nn_dims in = {{1, {taps}, 1, {channels}}}, filter = {{1, {taps}, 1, {channels}}};
    const cmsis_nn_dims bias_dims = {{1, 1, 1, {channels}}}, out = {{1, 1, 1, {channels}}};
    arm_depthwise_conv_wrapper_s8(&context, &params, &quant, &in, input[0], &filter, NAME_weights, &bias_dims,
                                  NAME_bias, &out, output);"""
    text = constants(weights, bias, multiplier, shift)
    return CmsisCase("depthwise_s8", f"{taps}x1x{channels}", text, body, x.ravel(), expected)


def measure(cases: Sequence[CmsisCase], target: Target, folder: Path, clang: bool = False) -> list[int]:
    """Instructions of each case.

    Raises:
        SystemExit: a kernel's output is not what the arithmetic says.
    """
    checked = run(_build(cases, target, "check_cases.c", folder, clang), target)
    for index, line in enumerate(checked):
        case = cases[index * len(cases) // len(checked)]
        if not np.array_equal(np.frombuffer(bytes.fromhex(line.split()[0]), np.int8), case.expected):
            raise SystemExit(f"CMSIS-NN {case.kernel} {case.shape} on {target.name}: wrong output")
    lines = run(_build(cases, target, "count_cases.c", folder, clang), target, icount=True)
    empty, *ticks = (int(line) for line in lines)
    return [round((value - empty) / target.ticks_per_instruction) for value in ticks]


def _build(cases: Sequence[CmsisCase], target: Target, main: str, folder: Path, clang: bool) -> Path:
    vendor = vendor_folder()
    include = [f"-I{vendor / part}" for part in ("cmsis_nn/Include", "cmsis_core/Include")]
    core = ["-D__ARM_FEATURE_DSP=1"] if target.name == "mps2-an386" and clang else []
    generated = folder / "cmsis_cases.c"
    generated.write_text(_program(cases))
    objects = []
    flags = [flag for flag in target.flags if flag.startswith("-m")]
    for source in sorted((vendor / "cmsis_nn" / "Source").rglob("*.c")):
        if source.name.startswith("bakenn"):
            continue
        objects.append(folder / f"{source.stem}.o")
        compiler = [CLANG, *CLANG_FLAGS, *_newlib()] if clang else [target.compiler, *flags, "-Ofast"]
        _compile([*compiler, *core, "-w", "-ffunction-sections", *include, "-c", str(source)], objects[-1])
    program = folder / f"cmsis-{target.name}.elf"
    sources = [generated, *objects, SOURCES / main, SOURCES / "start.c"]
    linking = [f"-I{SOURCES}", "-Wl,--gc-sections", *target.flags]
    _compile([target.compiler, "-std=c11", "-w", *include, *map(str, sources), *linking], program)
    return program


def _compile(command: Sequence[str], output: Path) -> None:
    subprocess.run([*command, "-o", str(output)], check=True)


def _newlib() -> list[str]:
    """Headers of the C library of the Arm toolchain, which clang does not bring."""
    found = subprocess.run(
        ["arm-none-eabi-gcc", "-print-file-name=include"], capture_output=True, text=True, check=True
    ).stdout.strip()
    root = Path(found).parents[3]
    places = [root / "arm-none-eabi" / "include", Path("/usr/include/newlib"), root / "include" / "newlib"]
    return [flag for place in places if place.exists() for flag in ("-isystem", str(place))]


def _program(cases: Sequence[CmsisCase]) -> str:
    lines = ['#include "run_cases.h"', '#include "arm_nnfunctions.h"']
    rows = []
    for index, case in enumerate(cases):
        name = f"case{index}"
        lines += [case.constants.replace("NAME", name), c_array(f"{name}_input", "int8_t", case.input)]
        signature = "int8_t *const input[MAX_INPUTS], int8_t *output, void *scratch"
        lines.append(f"static void {name}_call({signature})\n{{\n    (void)scratch;")
        lines.append(case.body.replace("NAME", name) + "\n}")
        rows.append(
            f"    {{{name}_call, {{{', '.join([f'{name}_input'] * 3)}}}, {{{case.input.size}, 0, 0}}, "
            f"{case.expected.size}, 16384}},"
        )
    lines += ["const kernel_case kernel_cases[] = {", *rows, "};"]
    lines.append(f"const int32_t kernel_case_count = {len(cases)};\n")
    return "\n".join(lines)


def operands(
    rng: np.random.Generator, shape: tuple[int, int], depth: int
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int64]]:
    """``(weights, input, bias)``: int8[shape], int8[depth], int64[outputs]."""
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    outputs = shape[0] if depth == shape[1] else shape[1]
    spread = int(74 * 74 * np.sqrt(depth))
    bias = rng.integers(-spread, spread, outputs).astype(np.int64)
    return weights, rng.integers(-128, 128, depth).astype(np.int8), bias


def rescaled(
    accumulator: NDArray[np.int64], depth: int, channels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]:
    """(multiplier, shift, output) with ``channels`` equal factors."""
    multiplier, shift = quantize_multipliers(np.full(channels, 60 / (74 * 74 * np.sqrt(depth))))
    output = requantize(accumulator, multiplier, shift, 0, -128, 127).astype(np.int8)
    return multiplier, shift, output


def constants(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    multiplier: NDArray[np.int64] | None = None,
    shift: NDArray[np.int64] | None = None,
) -> str:
    """C arrays of a layer; multipliers only for kernels with one a channel."""
    arrays = [c_array("NAME_weights", "int8_t", weights, 16), c_array("NAME_bias", "int32_t", bias)]
    if multiplier is not None and shift is not None:
        arrays += [c_array("NAME_multiplier", "int32_t", multiplier), c_array("NAME_shift", "int32_t", shift)]
    return "\n".join(arrays)
