"""A float Keras model of one step → int8 .tflite, by TensorFlow's converter.

State that survives the step is a ``tf.Variable`` that a layer reads and assigns in ``call``; it becomes a
resource variable, as in the models of microWakeWord. Its initial value has to be 0, which is the zero point.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.importing.errors import ImportModelError, first_line
from skipstone.quantize.importing.quiet import quietly
from skipstone.quantize.importing.representative import fit_to_input
from skipstone.quantize.importing.stream import step_shape

_HOW = "build the model with keras.Input(shape=…, batch_size=1), one step of features as its input"


def convert_keras(path: Path, representative: NDArray[np.float32], layers: Path | None = None) -> bytes:
    """Quantize the model at ``path`` after training.

    Args:
        path: a ``.keras`` file with static shapes, batch 1 and one input.
        representative: float32[steps, …], steps of streams in order.
        layers: a Python file that registers the model's own layers
            (``keras.saving.register_keras_serializable``); it is executed.

    Returns:
        The .tflite: int8 input and outputs.

    Raises:
        ImportModelError: TensorFlow is missing, the file is no Keras model, the model cannot run step by
            step, or the converter refuses it.
    """
    with quietly():
        tensorflow = _tensorflow()
        if layers is not None:
            _execute(layers)
        model = _load(tensorflow, path)
    shape = only_input([tuple(tensor.shape) for tensor in model.inputs])
    entries = fit_to_input(representative, shape)
    converter = tensorflow.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _samples(entries)
    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tensorflow.int8
    converter.inference_output_type = tensorflow.int8
    converter.experimental_enable_resource_variables = True
    converter._experimental_variable_quantization = True
    try:
        with quietly():
            return bytes(converter.convert())
    except Exception as error:
        raise ImportModelError(
            f"TensorFlow's converter refuses {path.name}: {first_line(error)}",
            "use layers that have int8 operators (Dense, Conv, DepthwiseConv, pooling, ReLU, softmax, add)",
        ) from error


def only_input(inputs: list[tuple[int | None, ...]]) -> tuple[int, ...]:
    """Shape of one step, batch 1 in front.

    Args:
        inputs: shapes of the model's inputs; ``None`` for an open dimension.

    Raises:
        ImportModelError: more than one input, an open dimension, or a batch other than 1.
    """
    if len(inputs) != 1:
        raise ImportModelError(f"the model has {len(inputs)} inputs, a streaming model has one", _HOW)
    return step_shape("the input", inputs[0], _HOW)


def _samples(entries: NDArray[np.float32]) -> Iterator[list[NDArray[np.float32]]]:
    for entry in entries:
        yield [entry]


def _tensorflow() -> Any:
    try:
        import tensorflow
    except ImportError as error:
        raise ImportModelError(
            "TensorFlow is not installed", "install the extra: pip install 'skipstone[keras]'"
        ) from error
    return tensorflow


def _load(tensorflow: Any, path: Path) -> Any:
    if not path.is_file():
        raise ImportModelError(f"cannot read {path}: no such file", "check the path")
    try:
        return tensorflow.keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ImportModelError(
            f"{path.name} is no Keras model that can be loaded: {first_line(error)}",
            "save it with model.save('NAME.keras'); name the file of its own layers by --layers",
        ) from error


def _execute(layers: Path) -> None:
    import runpy

    try:
        runpy.run_path(str(layers), run_name="skipstone_layers")
    except Exception as error:
        raise ImportModelError(
            f"{layers} does not run: {first_line(error)}", "run it with python to see where it fails"
        ) from error
