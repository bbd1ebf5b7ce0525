"""From how many multiply-accumulates on a job of the NPU pays: the default of ``--npu-min-macs``.

Starting a job costs the CPU instructions (regions, queue, sleep, interrupt), and the NPU has a fixed cost of
its own. So a small layer is done sooner by the CPU. The rule compares, for square layers of growing width n,

    dispatch instructions + compute cycles of the NPU   with   instructions of the CPU's own kernel

and takes n² of the first layer that the NPU does sooner. Dispatch is counted on the virtual board, compute
cycles are Vela's estimate, instructions are those of ``tools/analyze/kernel_costs.json``. All three leave out
waiting for memory, and a cycle counts like an instruction. What a gated block saves is judged by the same
figure, because the smallest job is one layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.errors import RefusedGraphError
from skipstone.firmware.codegen.npu.vela import compile_graphs
from skipstone.firmware.codegen.packing import pack_fully_connected
from skipstone.firmware.codegen.packing.operator import KernelVariant
from skipstone.quantize.tflite.options import FullyConnectedOptions
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.analyze.kernel_costs import load_kernel_costs, predict_kernel

DISPATCH_INSTRUCTIONS = 259
"""CPU instructions of a job of one input and one output, exact, on the virtual mps3-an547: the row of a
feed-forward block in ``skipstone profile`` of a build with ``--npu ethos-u55-128``."""

WIDTHS = (16, 32, 48, 64, 96, 128, 192, 256)


@dataclass(frozen=True)
class Comparison:
    """A square layer of ``width``: instructions of the CPU, and what the NPU takes with its dispatch."""

    width: int
    cpu_instructions: int
    npu_cycles: int

    @property
    def npu_pays(self) -> bool:
        """Whether the NPU is done sooner."""
        return DISPATCH_INSTRUCTIONS + self.npu_cycles < self.cpu_instructions


def compare_layers(board: Board, accelerator: Accelerator) -> list[Comparison]:
    """Every width of the rule, smallest first.

    Raises:
        VelaError: Vela is absent.
        AnalyzeError: the recorded costs cannot be read.
    """
    costs = load_kernel_costs().of_board(board)
    compiled = compile_graphs([(f"layer of {width}", _layer(width)) for width in WIDTHS], accelerator)
    result = []
    for width, graph in zip(WIDTHS, compiled, strict=True):
        if isinstance(graph, RefusedGraphError):
            raise graph
        multipliers, shifts = np.full(width, 1 << 30), np.full(width, -8)
        weights, bias = _weights(width), np.zeros(width, np.int32)
        kernel = pack_fully_connected(
            weights, bias, 0, multipliers, shifts, KernelVariant(board.kernel_variant), output_zero_point=0
        )
        instructions = predict_kernel(costs, kernel)
        assert instructions is not None, "fully connected kernels of every core are recorded"
        result.append(Comparison(width, round(instructions), graph.compute_cycles))
    return result


def default_min_macs(board: Board, accelerator: Accelerator) -> int:
    """Multiply-accumulates of the smallest square layer that pays; of the widest one where none does."""
    compared = compare_layers(board, accelerator)
    paying = [comparison.width for comparison in compared if comparison.npu_pays]
    return min(paying, default=WIDTHS[-1]) ** 2


def _weights(width: int) -> np.ndarray:
    return np.random.default_rng(width).integers(-127, 128, (width, width)).astype(np.int8)


def _layer(width: int) -> bytes:
    writer = ModelWriter("skipstone: cost rule")
    graph = writer.subgraph("main")
    source = graph.input("x", (1, width), scale=0.1)
    weights = graph.tensor("w", (width, width), scale=0.01, data=_weights(width))
    bias = graph.tensor("b", (width,), "int32", scale=0.001, data=np.zeros(width, np.int32))
    output = graph.tensor("y", (1, width), scale=0.2)
    graph.operator("FULLY_CONNECTED", [source, weights, bias], [output], FullyConnectedOptions())
    graph.set_outputs(output)
    return writer.to_bytes()
