"""The state memory as a C struct: ring indices first, then the rings."""

from __future__ import annotations

from skipstone.firmware.codegen.emission.c_text import Names, comment_text
from skipstone.firmware.codegen.graph import State
from skipstone.firmware.codegen.memory_plan import ALIGNMENT, StatePlan
from skipstone.firmware.codegen.program import Program, RingHead


class StateStruct:
    """Names and text of ``model_state``."""

    def __init__(self, program: Program, plan: StatePlan) -> None:
        names = Names(("context",))
        self._program = program
        self._plan = plan
        self._heads = {head: names.make(head.name) for head in program.rings}
        self._members = {state.name: names.make(state.name) for state in program.states}
        self._head_of = {state.name: head for head in program.rings for state in head.states}

    def head(self, head: RingHead) -> str:
        """C expression of a head index."""
        return f"state->{self._heads[head]}"

    def oldest_row(self, state: State) -> str:
        """C expression of the row that the running step overwrites."""
        return f"state->{self._members[state.name]}[{self.head(self._head_of[state.name])}]"

    def data(self, state: State) -> str:
        """C expression of the first byte of a state."""
        return f"&state->{self._members[state.name]}[0][0]"

    def oldest(self, state: State) -> str:
        """C expression of the index of the oldest row of a ring."""
        return self.head(self._head_of[state.name])

    @property
    def context(self) -> str:
        """C expression of the last tokens, oldest first."""
        return "state->context"

    def definition(self) -> list[str]:
        """The struct, and proof that the compiler lays it out as planned."""
        lines = [
            "/* What the stream remembers. In every ring, row …_oldest is the next to be overwritten. */"
        ]
        lines.append("typedef struct model_state {")
        for head, name in self._heads.items():
            lines.append(f"    uint16_t {name};  /* 0 … {head.rows - 1} */")
        if self._program.context_tokens:
            lines.append(f"    int32_t context[{self._program.context_tokens}];  /* the last tokens */")
        for state in self._program.states:
            member = self._members[state.name]
            kind, row = ("int16_t", state.row_bytes // 2) if state.width == 2 else ("int8_t", state.row_bytes)
            lines.append(f"    _Alignas({ALIGNMENT}) {kind} {member}[{state.rows}][{row}];")
        lines += ["} model_state;", ""]
        lines.append(
            '_Static_assert(sizeof(model_state) == MODEL_STATE_BYTES, "layout of the state memory");'
        )
        if self._program.context_tokens:
            offset = self._plan.context_offset
            lines.append(f'_Static_assert(offsetof(model_state, context) == {offset}, "last tokens");')
        for state in self._program.states:
            member = self._members[state.name]
            offset = self._plan.data_offsets[state.name]
            lines.append(
                f'_Static_assert(offsetof(model_state, {member}) == {offset}, "{comment_text(state.name)}");'
            )
        return lines
