"""The two modes of the benchmark that need no power meter, against stock TFLM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.dataset import Sample
from skipstone.tools.mlperf.errors import MlperfError
from skipstone.tools.mlperf.firmware import BenchmarkModel
from skipstone.tools.validate.reference import Reference


@dataclass(frozen=True)
class Accuracy:
    """Outcome of the accuracy mode: one inference an input.

    Attributes:
        device: name that the device gives.
        model: identifier that the device gives.
        inputs: number of inputs.
        different: names of inputs whose result is not TFLM's, byte for byte.
        labelled: inputs with a known class.
        correct: those among them whose largest result (the first of equals) is their class.
    """

    device: str
    model: str
    inputs: int
    different: tuple[str, ...]
    labelled: int
    correct: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"version": 1, "mode": "accuracy", **asdict(self)}


@dataclass(frozen=True)
class Performance:
    """Outcome of the performance mode.

    Attributes:
        device: name that the device gives.
        model: identifier that the device gives.
        inferences: timed ones of a loop.
        microseconds: of each loop.
        kind: ``measured`` on hardware, ``modelled`` on a virtual board.
    """

    device: str
    model: str
    inferences: int
    microseconds: tuple[int, ...]
    kind: str

    @property
    def median_per_second(self) -> float:
        """Inferences a second of the median loop, the figure that the benchmark reports."""
        return self.inferences * 1e6 / median(self.microseconds)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"version": 1, "mode": "performance", "per_second": self.median_per_second, **asdict(self)}


def quantized(model: BenchmarkModel, results: Sequence[float]) -> NDArray[np.int8]:
    """The bytes behind dequantized results, int8[results] (uint8 results reinterpreted).

    Raises:
        MlperfError: another number of values, or one that is no multiple of the scale within its type.
    """
    limits = np.iinfo(np.uint8 if model.is_unsigned else np.int8)
    exact = np.asarray(results, np.float64) / model.scale + model.zero_point
    values = np.rint(exact)
    # eight decimals at the smallest scale allowed, and the float32 scale that the device multiplies
    off_grid = np.abs(exact - values) > 0.05
    outside = (values < limits.min) | (values > limits.max)
    if len(values) != model.results or off_grid.any() or outside.any():
        raise MlperfError(
            f"{list(results)[:4]}… are not {model.results} values of scale {model.scale:g}",
            "build the device's firmware from this model",
        )
    return values.astype(np.uint8 if model.is_unsigned else np.int8).view(np.int8)


def run_accuracy(
    client: BenchmarkClient,
    model: BenchmarkModel,
    samples: Sequence[Sample],
    advance: Callable[[], None] = lambda: None,
) -> Accuracy:
    """One inference an input, compared with TFLM.

    Raises:
        MlperfError: the device breaks the protocol.
        SkipstoneError: TFLM cannot run the model.
    """
    reference = Reference(model.data)
    different, labelled, correct = [], 0, 0
    for sample in samples:
        client.load(sample.data)
        given = quantized(model, client.infer(1, 0).results)
        reference.reset()
        rows = np.frombuffer(sample.data, np.int8).reshape(-1, model.width)
        if not np.array_equal(given, reference.run(rows, "arbitrator").logits[-1]):
            different.append(sample.name)
        if sample.label is not None:
            labelled += 1
            ordered = given.view(np.uint8) if model.is_unsigned else given
            correct += int(ordered.argmax()) == sample.label
        advance()
    return Accuracy(client.name(), client.model(), len(samples), tuple(different), labelled, correct)


def run_performance(
    client: BenchmarkClient,
    samples: Sequence[Sample],
    kind: str,
    loops: int = 5,
    inferences: int = 70,
    warmups: int = 10,
    advance: Callable[[], None] = lambda: None,
) -> Performance:
    """Loops of load and ``infer``, as the script of ``kws01`` has them; inputs in order, then from the start.

    Raises:
        MlperfError: the device breaks the protocol, or nothing on it counts time.
    """
    times = []
    for loop in range(loops):
        client.load(samples[loop % len(samples)].data)
        times.append(client.infer(inferences, warmups).microseconds)
        advance()
    if min(times) <= 0:
        raise MlperfError("a loop took no time", "run on hardware, or on a board with the counters plugin")
    return Performance(client.name(), client.model(), inferences, tuple(times), kind)
