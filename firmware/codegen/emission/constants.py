"""Constants of the kernels: arrays in ``weights.c``, parameter structs next to the code that uses them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from dataclasses import field as with_default

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Buffer, Role
from skipstone.firmware.codegen.emission.c_text import Names, array_rows
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.operations import Compare, Operation
from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.firmware.codegen.program import Program
from skipstone.firmware.codegen.selection import Selection

WEIGHT_ALIGNMENT = 16


@dataclass(frozen=True, eq=False)
class ConstantArray:
    """One array of ``weights.c``."""

    identifier: str
    c_type: str
    data: NDArray[np.generic]

    @property
    def declaration(self) -> str:
        """For ``weights.h``."""
        return f"extern const {self.c_type} {self.identifier}[{self.data.size}];"

    def definition(self) -> list[str]:
        """For ``weights.c``."""
        head = f"_Alignas({WEIGHT_ALIGNMENT}) const {self.c_type} {self.identifier}[{self.data.size}] = {{"
        return [head, *array_rows(self.data), "};"]

    @property
    def crc32(self) -> int:
        """CRC-32 of the bytes as they lie in a little-endian memory."""
        return zlib.crc32(self.data.astype(self.data.dtype.newbyteorder("<")).tobytes())


@dataclass(frozen=True, eq=False)
class Params:
    """One parameter struct of ``model.c``; ``arrays`` are identifiers by field."""

    identifier: str
    kernel: PackedOperator
    arrays: dict[str, str]

    def definition(self) -> list[str]:
        """A const struct with every field named."""
        fields = [f"    .{name} = {value}," for name, value in self.kernel.scalars.items()]
        fields += [f"    .{name} = {identifier}," for name, identifier in self.arrays.items()]
        return [f"static const {self.kernel.params_type} {self.identifier} = {{", *fields, "};"]


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Integer thresholds of one compare."""

    identifier: str
    values: NDArray[np.int16]

    def definition(self) -> list[str]:
        """A const array."""
        head = f"static const int16_t {self.identifier}[{self.values.size}] = {{"
        return [
            "/* Smallest biased logit that opens each gate; 128: never. */",
            head,
            *array_rows(self.values),
            "};",
        ]


@dataclass(frozen=True, eq=False)
class JobArrays:
    """Command stream and constants of one job of the NPU; ``index`` is its place in the job table."""

    index: int
    commands: ConstantArray
    constants: ConstantArray


@dataclass(frozen=True, eq=False)
class Constants:
    """All constants of a model.

    Attributes:
        arrays: in order of execution.
        params: of every operation that calls a kernel.
        thresholds: of every compare.
        operands: identifiers of constants that kernels read like activations.
        jobs: of every job of the NPU.
    """

    arrays: list[ConstantArray]
    params: dict[Operation, Params]
    thresholds: dict[Operation, Thresholds]
    operands: dict[Buffer, str]
    jobs: dict[NpuJob, JobArrays] = with_default(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.data.nbytes for array in self.arrays)


def name_constants(program: Program, selection: Selection, names: Names) -> Constants:
    """Give every constant its identifier, from the name of the tensor that the operation computes."""
    result = Constants([], {}, {}, {})
    for function in program.functions():
        for operation in function.operations:
            for span in operation.reads():
                if span.buffer.role == Role.CONSTANT and span.buffer not in result.operands:
                    result.operands[span.buffer] = _operand(span.buffer, names, result.arrays)
            if operation in selection:
                result.params[operation] = _params(operation, selection[operation], names, result.arrays)
            elif isinstance(operation, NpuJob):
                result.jobs[operation] = _job(operation, len(result.jobs), names, result.arrays)
            elif isinstance(operation, Compare):
                identifier = names.make(f"{operation.name}_thresholds")
                result.thresholds[operation] = Thresholds(identifier, operation.thresholds)
    return result


def _job(operation: NpuJob, index: int, names: Names, arrays: list[ConstantArray]) -> JobArrays:
    name, job = f"model_{operation.name}_npu", operation.job
    commands = ConstantArray(names.make(f"{name}_commands"), "uint32_t", job.words)
    constants = ConstantArray(names.make(f"{name}_constants"), "uint8_t", job.constants)
    arrays += [commands, constants]
    return JobArrays(index, commands, constants)


def _operand(buffer: Buffer, names: Names, arrays: list[ConstantArray]) -> str:
    assert buffer.data is not None, "a constant buffer has data"
    data, c_type = (buffer.data, "int16_t") if buffer.width == 2 else (buffer.data.view(np.int8), "int8_t")
    array = ConstantArray(names.make(f"model_{buffer.name}"), c_type, data)
    arrays.append(array)
    return array.identifier


def _params(
    operation: Operation, kernel: PackedOperator, names: Names, arrays: list[ConstantArray]
) -> Params:
    identifiers = {}
    for field, packed in kernel.arrays.items():
        array = ConstantArray(
            names.make(f"model_{operation.name}_{packed.suffix}"), packed.c_type, packed.data
        )
        arrays.append(array)
        identifiers[field] = array.identifier
    return Params(names.make(f"{operation.name}_params"), kernel, identifiers)
