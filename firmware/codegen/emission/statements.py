"""The C statements of operations, and the pointers that they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.emission import npu_source
from skipstone.firmware.codegen.emission.c_text import Names, call, comment_text
from skipstone.firmware.codegen.emission.constants import Constants
from skipstone.firmware.codegen.emission.state_struct import StateStruct
from skipstone.firmware.codegen.memory_plan import ArenaPlan
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.operations import (
    Add,
    Attention,
    Compare,
    Copy,
    DepthwiseConv,
    Embedding,
    Fill,
    FullyConnected,
    FullyConnectedAdd,
    KernelCall,
    Operation,
)
from skipstone.firmware.codegen.program import (
    MARKS,
    BranchBegin,
    BranchElse,
    BranchEnd,
    Function,
    LoopBegin,
    LoopEnd,
    RingAdvance,
)

_OUTSIDE: Mapping[Role, str] = MappingProxyType(
    {Role.FEATURES: "features", Role.GATE_BIAS: "gate_bias", Role.LOGITS: "logits", Role.GATES: "gates"}
)

_MEMORIES = {"state", "arena", "state_memory", "arena_memory", "feature_memory", "logit_memory"}


INDENT = "    "


@dataclass(frozen=True)
class FileScope:
    """What all functions of ``model.c`` share.

    Attributes:
        names: identifiers of the file.
        constants: parameter structs and thresholds.
        states: members of ``model_state``; ``None`` without states.
        arena: the memory plan.
    """

    names: Names
    constants: Constants
    states: StateStruct | None
    arena: ArenaPlan


class FunctionBody:
    """Statements of one function and the pointers they need.

    Args:
        function: what to emit.
        file: shared names.
        prefix: part of tensor names that need not be repeated inside, such as ``layer0/mha/``.
    """

    def __init__(self, function: Function, file: FileScope, prefix: str = "") -> None:
        self._file = file
        self._prefix = prefix
        self._names = Names(file.names.taken | set(_OUTSIDE.values()) | _MEMORIES)
        self._pointers: dict[Buffer, str] = {}
        self._declarations: list[str] = []
        self._depth = 0
        self.operations = function.operations
        self.used: set[str] = set()
        self.outside_widths: dict[str, int] = {}
        for operation in function.operations:
            for span in (*operation.reads(), *operation.writes()):
                self._declare(span.buffer)

    @property
    def declarations(self) -> list[str]:
        """Pointers to the tensors of the function, in order of use."""
        return self._declarations

    def statements(self, operation: Operation) -> list[str]:
        """C statements of one operation (blocks excepted: the step writes those), in order of execution."""
        if isinstance(operation, MARKS):
            self._depth -= 1
        lines = _STATEMENTS[type(operation)](self, operation)
        indented = [f"{INDENT * self._depth}{line}" if line else line for line in lines]
        if isinstance(operation, LoopBegin | BranchBegin | BranchElse):
            self._depth += 1
        return indented

    def _declare(self, buffer: Buffer) -> None:
        if buffer in self._pointers or buffer.role in _OUTSIDE:
            return
        if buffer.role == Role.CONSTANT:
            self._pointers[buffer] = self._file.constants.operands[buffer]
            return
        name = self._names.make(buffer.name.removeprefix(self._prefix))
        self._pointers[buffer] = name
        if buffer.role == Role.RING_SLOT:
            assert buffer.state is not None and self._file.states is not None
            self.used.add("state")
            source = self._file.states.oldest_row(buffer.state)
        elif buffer.role == Role.STATE:
            assert buffer.state is not None and self._file.states is not None
            self.used.add("state")
            source = self._file.states.data(buffer.state)
        else:
            self.used.add("arena")
            source = f"&arena[{buffer.offset}]"
        if buffer.width == 1:
            self._declarations.append(f"    int8_t *const {name} = {source};  /* [{buffer.bytes}] */")
            return
        cast = "(int16_t *)(void *)" if buffer.role == Role.ARENA else ""
        self._declarations.append(f"    int16_t *const {name} = {cast}{source};  /* [{buffer.elements}] */")

    def pointer(self, span: Span) -> str:
        """C expression of the first element of a span."""
        name = self._name(span.buffer)
        return name if span.offset == 0 else f"&{name}[{span.offset // span.buffer.width}]"

    def element(self, span: Span) -> str:
        """C expression of the value of a span of one byte."""
        return f"{self._name(span.buffer)}[{span.offset}]"

    def _name(self, buffer: Buffer) -> str:
        name = _OUTSIDE.get(buffer.role) or self._pointers[buffer]
        if buffer.role in _OUTSIDE:
            self.outside_widths[name] = buffer.width
        self.used.add(name)
        return name

    def _kernel_call(self, operation: Operation, operands: list[str]) -> list[str]:
        params = self._file.constants.params[operation]
        scratch = self._file.arena.scratch.get(operation)
        if scratch is not None:
            self.used.add("arena")
        last = "NULL" if scratch is None else f"&arena[{scratch.offset}]"
        return call(params.kernel.kernel, [f"&{params.identifier}", *operands, last])

    def _fully_connected(self, op: FullyConnected) -> list[str]:
        return self._kernel_call(op, [self.pointer(op.input), self.pointer(op.output)])

    def _depthwise(self, op: DepthwiseConv) -> list[str]:
        if isinstance(op.window, Span):
            return self._kernel_call(op, [self.pointer(op.window), "0", self.pointer(op.output)])
        states = self._states()
        window = [states.data(op.window), states.oldest(op.window)]
        return self._kernel_call(op, [*window, self.pointer(op.output)])

    def _add(self, op: Add) -> list[str]:
        return self._kernel_call(op, [self.pointer(op.a), self.pointer(op.b), self.pointer(op.output)])

    def _fully_connected_add(self, op: FullyConnectedAdd) -> list[str]:
        spans = (op.layer.input, op.add.a, op.add.output)
        return self._kernel_call(op, [self.pointer(span) for span in spans])

    def _attention(self, op: Attention) -> list[str]:
        states = self._states()
        rings = [states.data(op.keys), states.data(op.values)]
        return self._kernel_call(op, [self.pointer(op.input), *rings, self.pointer(op.output)])

    def _embedding(self, op: Embedding) -> list[str]:
        return self._kernel_call(op, [self._states().context, self.pointer(op.output)])

    def _compare(self, op: Compare) -> list[str]:
        thresholds = self._file.constants.thresholds[op].identifier
        gates = self.pointer(op.output)
        if op.output.buffer.role != Role.GATES:
            gates = f"(uint8_t *){gates}"
        return call("ss_compare_gates", [thresholds, self.pointer(op.input), gates, str(op.input.bytes)])

    def _copy(self, op: Copy) -> list[str]:
        return call("memcpy", [self.pointer(op.output), self.pointer(op.input), str(op.output.bytes)])

    def _kernel(self, op: KernelCall) -> list[str]:
        return self._kernel_call(op, [*(self.pointer(span) for span in op.inputs), self.pointer(op.output)])

    def _fill(self, op: Fill) -> list[str]:
        return call("memset", [self.pointer(op.output), str(op.value), str(op.output.bytes)])

    def _advance(self, op: RingAdvance) -> list[str]:
        head = self._states().head(op.head)
        return [f"    {head} = ss_next_row({head}, {op.head.rows});"]

    def _npu_job(self, op: NpuJob) -> list[str]:
        arrays = self._file.constants.jobs[op]
        scratch = self._file.arena.scratch.get(op)
        regions = [(arrays.constants.identifier, 0)]
        if scratch is None:
            regions.append(("NULL", 0))
        else:
            self.used.add("arena")
            regions.append((f"&arena[{scratch.offset}]", scratch.bytes))
        for operand in (*op.inputs, *op.outputs):
            if isinstance(operand, Span):
                regions.append((self.pointer(operand), operand.bytes))
            else:
                regions.append((self._states().data(operand), operand.memory_bytes))
        return npu_source.statement(op.name, arrays.index, regions)

    def _loop_begin(self, op: LoopBegin) -> list[str]:
        i = self._names.make("iteration")
        head = f"    for (int32_t {i} = 0; {i} < {op.count}; ++{i}) {{"
        return [f"{head}  /* {comment_text(op.name)} */"]

    def _loop_end(self, _op: LoopEnd) -> list[str]:
        return ["    }"]

    def _branch_begin(self, op: BranchBegin) -> list[str]:
        sign = "!=" if op.when else "=="
        return [f"    if ({self.element(op.condition)} {sign} 0) {{  /* {comment_text(op.name)} */"]

    def _branch_else(self, _op: BranchElse) -> list[str]:
        return ["    } else {"]

    def _branch_end(self, _op: BranchEnd) -> list[str]:
        return ["    }"]

    def _states(self) -> StateStruct:
        assert self._file.states is not None, "an operation on a ring implies a state"
        self.used.add("state")
        return self._file.states


_STATEMENTS: Mapping[type[Operation], Callable[[FunctionBody, Any], list[str]]] = MappingProxyType(
    {
        FullyConnected: FunctionBody._fully_connected,
        DepthwiseConv: FunctionBody._depthwise,
        Add: FunctionBody._add,
        FullyConnectedAdd: FunctionBody._fully_connected_add,
        Attention: FunctionBody._attention,
        Compare: FunctionBody._compare,
        Embedding: FunctionBody._embedding,
        Copy: FunctionBody._copy,
        Fill: FunctionBody._fill,
        KernelCall: FunctionBody._kernel,
        NpuJob: FunctionBody._npu_job,
        RingAdvance: FunctionBody._advance,
        LoopBegin: FunctionBody._loop_begin,
        LoopEnd: FunctionBody._loop_end,
        BranchBegin: FunctionBody._branch_begin,
        BranchElse: FunctionBody._branch_else,
        BranchEnd: FunctionBody._branch_end,
    }
)
