"""One flat graph of a gated model, cut after a chosen tensor: a model whose output is an intermediate result.

A board shows outputs and states only. To find the operator that goes wrong, the model is built again with
other outputs: the bodies of all gated blocks stand in the main graph (as if every gate were open), and what
the chosen tensor and the states do not need is left out. An IF that is no gated block stays one operator,
until one of its branches is put in its place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skipstone.quantize.tflite.schema import OPERATOR_NAMES, TENSOR_TYPE_CODES, schema

METADATA = frozenset({"SKIP_TABLE", "TOKENS", "FEATURES"})
"""They describe the whole model and its blocks, not a part."""
SHOWN_TYPES = frozenset(TENSOR_TYPE_CODES[name] for name in ("int8", "uint8", "int16"))
EFFECTS = frozenset({"ASSIGN_VARIABLE", "CALL_ONCE"})
CALLS = (
    "thenSubgraphIndex",
    "elseSubgraphIndex",
    "condSubgraphIndex",
    "bodySubgraphIndex",
    "initSubgraphIndex",
)
"""Options of operators that run another subgraph."""


@dataclass(frozen=True)
class Result:
    """One output of one operator of the flat graph.

    Attributes:
        position: of the operator.
        tensor: index in the main graph.
        operator: such as ``SPLIT``.
        name: of the tensor.
    """

    position: int
    tensor: int
    operator: str
    name: str


class FlatModel:
    """The operators of a model with all gates open, in order of execution.

    Args:
        data: a .tflite that the reader has accepted.

    Attributes:
        results: every output of every operator, in order of execution.
    """

    def __init__(self, data: bytes) -> None:
        self._model: Any = schema.ModelT.InitFromPackedBuf(bytearray(data), 0)
        self._main: Any = self._model.subgraphs[0]
        self._flatten({})

    def is_shown(self, index: int) -> bool:
        """Whether result ``index`` is used, and has a type that a board's output can have."""
        tensor = self.results[index].tensor
        return tensor in self._used and self._main.tensors[tensor].type in SHOWN_TYPES

    def is_handle(self, index: int) -> bool:
        """Whether result ``index`` only says which state is meant."""
        return self.results[index].operator == "VAR_HANDLE"

    def inputs_of(self, index: int) -> list[int]:
        """Results that the operator of result ``index`` reads."""
        position = self.results[index].position
        read = [int(t) for t in self._main.operators[position].inputs]
        sources = {self._number[t] for t in read if t in self._number}
        return sorted(source for source in sources if self.results[source].position < position)

    def cut(self, index: int) -> bytes:
        """The model whose only output is result ``index``."""
        model = copy.copy(self._model)
        main = copy.copy(self._main)
        target = self.results[index].tensor
        main.operators = _needed(self._main.operators, target, self._has_effects)
        used = {int(t) for op in main.operators for t in op.inputs}
        main.inputs = [t for i, t in enumerate(self._main.inputs) if i == 0 or int(t) in used]
        main.outputs = [target]
        model.subgraphs = _called([main, *self._model.subgraphs[1:]])
        names = [_text(entry.name) for entry in model.metadata or []]
        kept = [e for e, n in zip(model.metadata or [], names, strict=True) if n not in METADATA]
        model.metadata, model.signatureDefs = kept, None
        return _packed(model)

    def opened(self, index: int, then: bool) -> bytes:
        """The model with one branch of the IF that gives result ``index`` in its place, as if it always ran.

        Raises:
            ValueError: operands of other shapes than inside, so that the branch cannot stand there.
        """
        branch = self._main.operators[self.results[index].position]
        if not self._has_shapes_of(branch, then):
            raise ValueError("the branch reads or gives other shapes")
        other = copy.copy(self)
        other._model, other._main = copy.copy(self._model), copy.copy(self._main)
        other._model.subgraphs = [other._main, *self._model.subgraphs[1:]]
        other._flatten({id(branch): then})
        return _packed(other._model)

    def _flatten(self, chosen: Mapping[int, bool]) -> None:
        """Replace gated blocks, and the IF of ``chosen`` (by identity), by the operators of a branch."""
        shown_by: dict[int, int] = {}
        self._main.operators = self._expanded(self._main.operators, chosen, shown_by)
        self._main.outputs = [shown_by.get(int(t), int(t)) for t in self._main.outputs]
        self.results = [
            Result(position, int(tensor), self._name(op), _text(self._main.tensors[int(tensor)].name))
            for position, op in enumerate(self._main.operators)
            for tensor in op.outputs
        ]
        self._used = {int(t) for op in self._main.operators for t in op.inputs}
        self._used |= {int(t) for t in self._main.outputs}
        self._number = {result.tensor: index for index, result in enumerate(self.results)}

    def _expanded(
        self, operators: list[Any], chosen: Mapping[int, bool], shown_by: dict[int, int]
    ) -> list[Any]:
        """``shown_by`` receives results that another tensor shows."""
        result: list[Any] = []
        for op in operators:
            moved = copy.copy(op)
            moved.inputs = [shown_by.get(int(t), int(t)) for t in op.inputs]
            then = chosen.get(id(op), True if self._is_block(op) else None)
            if then is None:
                result.append(moved)
            else:
                body, passed = self._body(moved, then)
                result += self._expanded(body, chosen, shown_by)
                shown_by |= {outer: shown_by.get(inner, inner) for outer, inner in passed.items()}
        return result

    def _is_block(self, op: Any) -> bool:
        """Whether the else branch passes through, as that of a gated block does."""
        if self._name(op) != "IF":
            return False
        skipped = self._branch(op, then=False)
        passes = not len(skipped.operators) and list(skipped.inputs) == list(skipped.outputs)
        return passes and self._has_shapes_of(op, then=True)

    def _branch(self, op: Any, then: bool) -> Any:
        options = op.builtinOptions
        return self._model.subgraphs[options.thenSubgraphIndex if then else options.elseSubgraphIndex]

    def _has_shapes_of(self, op: Any, then: bool) -> bool:
        body = self._branch(op, then)
        pairs = [*zip(body.inputs, op.inputs[1:], strict=True), *zip(body.outputs, op.outputs, strict=True)]
        return all(
            list(body.tensors[int(inner)].shape) == list(self._main.tensors[int(outer)].shape)
            for inner, outer in pairs
        )

    def _body(self, branch: Any, then: bool) -> tuple[list[Any], dict[int, int]]:
        """Operators of a branch with its tensors renumbered, so that its results are the IF's.

        Results that no operator of it writes, or that it gives twice, are named in the second value: the
        tensor that shows each.
        """
        body = self._branch(branch, then)
        first = len(self._main.tensors)
        self._main.tensors = [*self._main.tensors, *body.tensors]
        number = {index: first + index for index in range(len(body.tensors))}
        number |= {int(i): int(o) for i, o in zip(body.inputs, branch.inputs[1:], strict=True)}
        written = {int(t) for op in body.operators for t in op.outputs}
        passed: dict[int, int] = {}
        for inner, outer in ((int(i), int(o)) for i, o in zip(body.outputs, branch.outputs, strict=True)):
            if inner in written:
                number[inner] = outer
                written.remove(inner)
            else:
                passed[outer] = number[inner]
        operators = []
        for op in body.operators:
            moved = copy.copy(op)
            moved.inputs = [number.get(int(t), -1) for t in op.inputs]
            moved.outputs = [number[int(t)] for t in op.outputs]
            operators.append(moved)
        return operators, passed

    def _has_effects(self, op: Any) -> bool:
        """Whether an operator, or a subgraph that it runs, changes a state."""
        if self._name(op) in EFFECTS:
            return True
        calls = (getattr(op.builtinOptions, field, None) for field in CALLS)
        bodies = [self._model.subgraphs[index] for index in calls if index is not None]
        return any(self._has_effects(inner) for body in bodies for inner in body.operators)

    def _name(self, op: Any) -> str:
        code = self._model.operatorCodes[op.opcodeIndex]
        return OPERATOR_NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM")


def _needed(operators: list[Any], target: int, has_effects: Callable[[Any], bool]) -> list[Any]:
    """Operators that ``target`` or a state depends on, in order."""
    wanted, kept = {target}, []
    for op in reversed(operators):
        if has_effects(op) or any(int(t) in wanted for t in op.outputs):
            kept.append(op)
            wanted |= {int(t) for t in op.inputs}
    return kept[::-1]


def _called(subgraphs: list[Any]) -> list[Any]:
    """The main graph and what it calls, numbered anew; TFLM crashes on a subgraph that nothing calls."""
    reached = [0]
    for index in reached:
        for op in subgraphs[index].operators:
            calls = (getattr(op.builtinOptions, field, None) for field in CALLS)
            reached += [i for i in dict.fromkeys(calls) if i is not None and i not in reached]
    number = {old: new for new, old in enumerate(reached)}
    result = []
    for index in reached:
        subgraph = copy.copy(subgraphs[index])
        subgraph.operators = [_renumbered(op, number) for op in subgraph.operators]
        result.append(subgraph)
    return result


def _renumbered(op: Any, number: dict[int, int]) -> Any:
    fields = [field for field in CALLS if hasattr(op.builtinOptions, field)]
    if not fields:
        return op
    moved = copy.copy(op)
    moved.builtinOptions = copy.copy(op.builtinOptions)
    for field in fields:
        setattr(moved.builtinOptions, field, number[getattr(op.builtinOptions, field)])
    return moved


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def _packed(model: Any) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
