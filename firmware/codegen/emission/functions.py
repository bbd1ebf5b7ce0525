"""One C function a block, and the step that reads like the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from skipstone.firmware.codegen.emission.c_text import comment_text
from skipstone.firmware.codegen.emission.statements import FileScope, FunctionBody
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.program import Function, RunBlock

_PARAMETERS: Mapping[str, str] = MappingProxyType({"state": "model_state *state", "arena": "int8_t *arena"})


@dataclass(frozen=True)
class BlockFunction:
    """The static function of one block.

    Attributes:
        identifier: its name in C.
        arguments: what the step passes: ``state``, ``arena`` or both.
        lines: comment, parameter structs and function.
    """

    identifier: str
    arguments: list[str]
    lines: list[str]


def block_function(block: RunBlock, name: str, comment: str, file: FileScope) -> BlockFunction:
    """Emit the body of a block that reads and writes the residual stream in place."""
    identifier = file.names.make(name)
    body = FunctionBody(block.body, file, prefix=f"{name}/")
    statements = [line for operation in body.operations for line in body.statements(operation)]
    arguments = [name for name in _PARAMETERS if name in body.used]
    parameters = [_PARAMETERS[name] for name in arguments]
    lines = [*params_of(block.body.operations, file), f"/* {comment_text(comment)} */"]
    lines.append(f"static void {identifier}({', '.join(parameters) or 'void'}) {{")
    lines += [*body.declarations, "", *statements, "}"]
    return BlockFunction(identifier, arguments, lines)


def params_of(operations: list[Operation], file: FileScope) -> list[str]:
    """Parameter structs and thresholds of ``operations``, an empty line after each."""
    lines: list[str] = []
    for operation in operations:
        if operation in file.constants.params:
            lines += [*file.constants.params[operation].definition(), ""]
        if operation in file.constants.thresholds:
            lines += [*file.constants.thresholds[operation].definition(), ""]
    return lines


def step_function(step: Function, blocks: Mapping[RunBlock, BlockFunction], file: FileScope) -> list[str]:
    """Emit the step: fixed parts as they are, a call behind its gate for every block."""
    body = FunctionBody(step, file)
    statements: list[str] = []
    for part in parts_of(step):
        if isinstance(part, RunBlock):
            body.used |= set(blocks[part].arguments)
            statements += _block_call(part, blocks[part], body)
        else:
            index = len(blocks) + (1 if part.is_last and blocks else 0)
            statements += ["", f"    SS_BLOCK_BEGIN({index});"]
            statements += [line for operation in part.operations for line in body.statements(operation)]
            statements += [f"    SS_BLOCK_END({index});", ""]
    return [
        *params_of(step.operations, file),
        "static void step(uint8_t *state_memory, uint8_t *arena_memory, const void *feature_memory,",
        "                 const int8_t *gate_bias, void *logit_memory, uint8_t *gates) {",
        *_typed_memory(body),
        *body.declarations,
        *_without_double_blanks(statements),
        "}",
    ]


def _typed_memory(body: FunctionBody) -> list[str]:
    """Typed pointers to the caller's memory; arguments that this model does not need are named as unused."""
    lines, used = [], body.used
    if "state" in used:
        lines.append("    model_state *const state = (model_state *)(void *)state_memory;")
    if "arena" in used:
        lines.append("    int8_t *const arena = (int8_t *)arena_memory;")
    for name, memory, kind in (("features", "feature", "const "), ("logits", "logit", "")):
        if name in used:
            c_type = "int16_t" if body.outside_widths[name] == 2 else "int8_t"
            lines.append(f"    {kind}{c_type} *const {name} = {memory}_memory;")
    arguments = {"state": "state_memory", "arena": "arena_memory", "features": "feature_memory"}
    arguments |= {"gate_bias": "gate_bias", "logits": "logit_memory", "gates": "gates"}
    return lines + [f"    (void){argument};" for name, argument in arguments.items() if name not in used]


@dataclass(frozen=True)
class FixedPart:
    """Operations of the step between blocks; ``is_last``: after the last block."""

    operations: list[Operation]
    is_last: bool


def parts_of(step: Function) -> list[FixedPart | RunBlock]:
    """Cut the step into blocks and the fixed parts between them."""
    parts: list[FixedPart | RunBlock] = []
    pending: list[Operation] = []
    for operation in step.operations:
        if not isinstance(operation, RunBlock):
            pending.append(operation)
            continue
        if pending:
            parts.append(FixedPart(pending, is_last=False))
        parts.append(operation)
        pending = []
    if pending:
        parts.append(FixedPart(pending, is_last=True))
    return parts


def _block_call(block: RunBlock, function: BlockFunction, body: FunctionBody) -> list[str]:
    return [
        f"    if ({body.element(block.gate)} != 0) {{",
        f"        SS_BLOCK_BEGIN({block.index});",
        f"        {function.identifier}({', '.join(function.arguments)});",
        f"        SS_BLOCK_END({block.index});",
        "    }",
    ]


def _without_double_blanks(lines: list[str]) -> list[str]:
    result: list[str] = []
    for line in lines:
        if line or (result and result[-1]):
            result.append(line)
    while result and not result[-1]:
        result.pop()
    return result
