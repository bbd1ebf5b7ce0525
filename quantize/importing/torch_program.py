"""A float PyTorch model of one step as ``torch.export`` saves it (``.pt2``), and its run over a stream."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.importing.errors import ImportModelError, first_line
from skipstone.quantize.importing.stream import check_states, step_shape

HOW = (
    "export one step: torch.export.export(model.eval(), (features, *states)), where the model returns "
    "(result, *new states); see docs/how-to/import-from-torch.md"
)
EXTRA = "install the extra: pip install 'skipstone[torch-import]'"


@dataclass(frozen=True)
class TorchStep:
    """One step of a model.

    Attributes:
        module: callable on tensors, the features first, then every state; returns a tensor or a tuple.
        inputs: names and shapes, batch 1 in front.
    """

    module: Any
    inputs: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def states(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Names and shapes of the states."""
        return self.inputs[1:]

    def stream(self, steps: NDArray[np.float32]) -> list[list[NDArray[np.float32]]]:
        """Inputs of each step, states included, as a stream from zeros brings them.

        Args:
            steps: float32[steps, *shape of the features].

        Raises:
            ImportModelError: a state becomes infinite or NaN.
        """
        import torch

        states = [torch.zeros(shape) for _, shape in self.states]
        inputs = []
        with torch.no_grad():
            for number, step in enumerate(steps):
                inputs.append([step, *(state.numpy().copy() for state in states)])
                outputs = self.module(torch.from_numpy(step), *states)
                if self.states:
                    states = [state.clone() for state in outputs[1:]]
                for (name, _), state in zip(self.states, states, strict=True):
                    if not bool(torch.isfinite(state).all()):
                        raise ImportModelError(
                            f"state '{name}' is not finite after step {number}",
                            "a state may not grow without bound: int8 has one range for it",
                        )
        return inputs


def read_torch_step(path: Path) -> TorchStep:
    """Read a ``.pt2`` and check that it can run step by step.

    Raises:
        ImportModelError: PyTorch is missing, the file is no exported program, or the model cannot stream.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportModelError("PyTorch is not installed", EXTRA) from error
    if not path.is_file():
        raise ImportModelError(f"cannot read {path}: no such file", "check the path")
    try:
        program = torch.export.load(path)
    except Exception as error:
        raise ImportModelError(
            f"{path.name} is no exported program of this PyTorch ({torch.__version__}): {first_line(error)}",
            "save it with torch.export.save(torch.export.export(model.eval(), inputs), 'NAME.pt2')",
        ) from error
    return check_program(program)


def check_program(program: Any) -> TorchStep:
    """A ``torch.export.ExportedProgram`` as a step.

    Raises:
        ImportModelError: operands that are no float tensors, open dimensions, a batch other than 1, states
            that do not come back, or buffers that the model changes.
    """
    lowered = program.run_decompositions({})
    changed = sorted(lowered.graph_signature.buffers_to_mutate.values())
    if changed:
        raise ImportModelError(
            f"the model changes its buffers {', '.join(changed)} in forward",
            "take each as an input and return what it becomes; " + HOW,
        )
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    inputs = [(name, _tensor(name, values)) for name in program.graph_signature.user_inputs]
    outputs = [_tensor(name, values) for name in program.graph_signature.user_outputs]
    if not inputs or not outputs:
        raise ImportModelError("the model takes no features, or returns nothing", HOW)
    shapes = tuple((name, step_shape(f"input '{name}'", value.shape, HOW)) for name, value in inputs)
    check_states(shapes, [tuple(value.shape) for value in outputs], HOW)
    return TorchStep(program.module(), shapes)


def _tensor(name: object, values: dict[str, Any]) -> Any:
    """The value of an operand, a float32 tensor."""
    value = values.get(name) if isinstance(name, str) else None
    dtype = str(getattr(value, "dtype", "no tensor")).removeprefix("torch.")
    if dtype != "float32":
        raise ImportModelError(f"the operand '{name}' of the model is {dtype}, not float32", HOW)
    return value
