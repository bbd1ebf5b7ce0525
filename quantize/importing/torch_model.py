"""A float PyTorch model of one step → int8 .tflite: exported by LiteRT Torch, quantized by AI Edge Quantizer.

The export is float and quantization follows it (int8 activations, int8 weights per channel): quantizing
inside PyTorch leaves additions, softmax and attention in float. States stay tensors while their ranges are
calibrated over a stream; they become resource variables last.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.importing.errors import ImportModelError, first_line
from skipstone.quantize.importing.quiet import quietly
from skipstone.quantize.importing.representative import fit_to_input
from skipstone.quantize.importing.state_ranges import tie_state_ranges
from skipstone.quantize.importing.state_variables import StateTensors, bind_states, signature_order
from skipstone.quantize.importing.torch_program import EXTRA, TorchStep, read_torch_step
from skipstone.quantize.tflite.reader import read_model

SIGNATURE = "serving_default"
_LAYERS = "use layers that have int8 operators (Linear, Conv, pooling, ReLU, softmax, add)"


def convert_torch(path: Path, representative: NDArray[np.float32]) -> bytes:
    """Quantize the model at ``path`` after training.

    Args:
        path: a ``.pt2`` file; static shapes, batch 1, features and states in, result and new states out.
        representative: float32[steps, …], steps of streams in order; one stream from zero states.

    Returns:
        The .tflite: int8 features in, int8 result out, states as resource variables.

    Raises:
        ImportModelError: the extra is missing, the file is no exported program, the model cannot run step by
            step, or one of the converters refuses it.
    """
    libraries = _import_libraries()
    with quietly():
        step = read_torch_step(path)
        inputs = step.stream(fit_to_input(representative, step.inputs[0][1]))
        exported = _export(libraries, step)
        places = _places(exported, step)
        quantized = _quantize(libraries, exported, inputs, places[1:])
    states = [
        StateTensors(name, *pair)
        for (name, _), pair in zip(step.states, _places(quantized, step)[1:], strict=True)
    ]
    result = signature_order(quantized)[1][0]
    return bind_states(quantized, f"{path.stem}, imported from PyTorch", result, states)


def _places(data: bytes, step: TorchStep) -> list[tuple[int, int]]:
    """Tensors by which the features and each state enter, and the result and each new state leave."""
    before, after = signature_order(data)
    if len(before) != len(step.inputs) or len(after) != len(step.inputs):
        raise ImportModelError(
            f"the export keeps {len(before)} of {len(step.inputs)} inputs and {len(after)} outputs",
            "remove inputs and states that the result does not depend on",
        )
    return list(zip(before, after, strict=True))


def _export(libraries: _Libraries, step: TorchStep) -> bytes:
    """The float .tflite."""
    import torch

    samples = tuple(torch.zeros(shape) for _, shape in step.inputs)
    try:
        with tempfile.TemporaryDirectory() as folder:
            exported = Path(folder) / "float.tflite"
            libraries.litert_torch.convert(step.module, samples).export(str(exported))
            return exported.read_bytes()
    except Exception as error:
        raise ImportModelError(f"LiteRT Torch refuses the model: {first_line(error)}", _LAYERS) from error


def _quantize(
    libraries: _Libraries,
    data: bytes,
    inputs: list[list[NDArray[np.float32]]],
    states: list[tuple[int, int]],
) -> bytes:
    """int8 by the least and the largest value that each tensor takes on ``inputs``."""
    samples = [{f"args_{place}": value for place, value in enumerate(step)} for step in inputs]
    recipe = libraries.recipe.static_wi8_ai8()
    try:
        recipes = libraries.recipe_manager.RecipeManager()
        recipes.load_quantization_recipe(recipe)
        # the library's default, a moving average of the extremes of single steps, would clip loud frames
        calibrator = libraries.calibrator.Calibrator(
            data, num_threads=1, qsv_update_func=libraries.qsv_utils.min_max_update
        )
        calibrator.calibrate({SIGNATURE: samples}, recipes)
        ranges = tie_state_ranges(read_model(data).main, calibrator.get_model_qsvs(), states)
        tool = libraries.quantizer.Quantizer(data, recipe)
        return bytes(tool.quantize(ranges).quantized_model)
    except SkipstoneError:
        raise
    except Exception as error:
        raise ImportModelError(
            f"AI Edge Quantizer refuses the model: {first_line(error)}", _LAYERS
        ) from error


@dataclass(frozen=True)
class _Libraries:
    """Modules of the extra."""

    litert_torch: Any
    calibrator: Any
    quantizer: Any
    recipe: Any
    recipe_manager: Any
    qsv_utils: Any


def _import_libraries() -> _Libraries:
    try:
        with quietly():
            import litert_torch
            from ai_edge_quantizer import calibrator, quantizer, recipe, recipe_manager
            from ai_edge_quantizer.utils import qsv_utils
    except ImportError as error:
        raise ImportModelError(f"LiteRT Torch is not installed ({error})", EXTRA) from error
    return _Libraries(litert_torch, calibrator, quantizer, recipe, recipe_manager, qsv_utils)
