"""The tables of ``ss_model``: blocks, states, tokens, weight segments and the descriptor itself."""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.emission.c_text import string_literal
from skipstone.firmware.codegen.emission.constants import Constants
from skipstone.firmware.codegen.facts import ModelFacts
from skipstone.firmware.codegen.memory_plan import StatePlan
from skipstone.firmware.codegen.program import Program

_KINDS = {"mha": "SS_BLOCK_MHA", "ffn": "SS_BLOCK_FFN"}


@dataclass(frozen=True)
class Table:
    """A const array of structs; absent when the model has none of these."""

    c_type: str
    identifier: str
    rows: list[str]

    @property
    def reference(self) -> str:
        """Expression for the descriptor."""
        return self.identifier if self.rows else "NULL"

    def definition(self) -> list[str]:
        """One row a line."""
        if not self.rows:
            return []
        head = f"static const {self.c_type} {self.identifier}[{len(self.rows)}] = {{"
        return [head, *(f"    {row}," for row in self.rows), "};", ""]


def block_table(facts: ModelFacts) -> Table:
    """``ss_block_info``."""
    rows = [
        f"{{.name = {string_literal(block.name)}, .kind = {_KINDS.get(block.kind, 'SS_BLOCK_OTHER')}, "
        f".threshold = {block.threshold}, .macs = {block.macs}, .weight_bytes = {block.weight_bytes}}}"
        for block in facts.blocks
    ]
    return Table("ss_block_info", "model_blocks", rows)


def state_table(program: Program, plan: StatePlan) -> Table:
    """``ss_state_info``."""
    rows = []
    heads = {state.name: plan.head_offsets[head] for head in program.rings for state in head.states}
    for state in program.states:
        shape = ", ".join(str(size) for size in state.shape)
        rows.append(
            f"{{.name = {string_literal(state.name)}, .shape = {{{shape}}}, .rank = {len(state.shape)}, "
            f".zero_point = {state.zero_point}, .rows = {state.rows}, .first_row = {state.first_row}, "
            f".row_bytes = {state.row_bytes}, .data_offset = {plan.data_offsets[state.name]}, "
            f".head_offset = {heads.get(state.name, 'SS_NO_HEAD')}}}"
        )
    return Table("ss_state_info", "model_states", rows)


def token_table(tokens: tuple[str, ...]) -> Table:
    """Token strings."""
    return Table("char *const", "model_tokens", [string_literal(token) for token in tokens])


def weight_table(constants: Constants) -> Table:
    """``ss_weight_segment``."""
    rows = [
        f"{{.name = {string_literal(array.identifier.removeprefix('model_'))}, .data = {array.identifier}, "
        f".bytes = {array.data.nbytes}, .crc32 = 0x{array.crc32:08X}U}}"
        for array in constants.arrays
    ]
    return Table("ss_weight_segment", "model_weights", rows)


def descriptor(
    facts: ModelFacts, program: Program, context_offset: int, tables: dict[str, Table]
) -> list[str]:
    """``ss_generated_model``."""
    scale, zero_point = program.logit_quantization
    digest = ", ".join(f"0x{byte:02X}" for byte in facts.sha256)
    half = digest.index(",", len(digest) // 2 - 2)
    return [
        "const ss_model ss_generated_model = {",
        "    .abi_version = SS_ABI_VERSION,",
        f"    .name = {string_literal(facts.name)},",
        f"    .board = {string_literal(facts.board)},",
        f"    .tool_version = {string_literal(facts.tool_version)},",
        f"    .sha256 = {{{digest[: half + 1]}",
        f"               {digest[half + 2 :]}}},",
        "    .feature_count = MODEL_FEATURE_COUNT,",
        "    .logit_count = MODEL_LOGIT_COUNT,",
        "    .feature_width = MODEL_FEATURE_WIDTH,",
        "    .logit_width = MODEL_LOGIT_WIDTH,",
        "    .block_count = MODEL_BLOCK_COUNT,",
        f"    .state_count = {len(program.states)},",
        "    .arena_bytes = MODEL_ARENA_BYTES,",
        "    .state_bytes = MODEL_STATE_BYTES,",
        f"    .weight_bytes = {facts.weight_bytes},",
        f"    .fixed_macs = {facts.fixed_macs},",
        f"    .arbitrator_macs = {facts.arbitrator_macs},",
        f"    .frames_per_step = {facts.frames_per_step},",
        f"    .samples_per_step = {facts.samples_per_step},",
        f"    .token_count = {len(facts.tokens)},",
        f"    .blank = {facts.blank},",
        f"    .context_count = {program.context_tokens},",
        f"    .context_offset = {context_offset if program.context_tokens else 0},",
        f"    .logit_scale = {scale.hex()}F,  /* {scale:.9g} */",
        f"    .logit_zero_point = {zero_point},",
        f"    .weight_segment_count = {len(tables['weights'].rows)},",
        f"    .known_answer_steps = {facts.known_answer.steps},",
        f"    .known_answer_crc32 = 0x{facts.known_answer.crc32:08X}U,",
        *(f"    .{name} = {table.reference}," for name, table in tables.items()),
        "    .step = step,",
        "};",
    ]
