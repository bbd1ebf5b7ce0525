"""The cost model reads every instruction, knows the TRM's table and survives a round trip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools.virtual.costs import cortex_m4, cost_file, cycle_model
from skipstone.tools.virtual.costs.disassembly import Instruction, Kind, disassemble
from skipstone.tools.virtual.costs.llvm_mca import basic_blocks
from skipstone.tools.virtual.costs.table import Cost, CostRecord, decode, encode
from skipstone.tools.virtual.errors import CostModelError

from .conftest import BOARDS

SIXTEENTHS = 16
U32 = st.integers(0, 2**32 - 1)
RECORDS = st.builds(
    CostRecord,
    pc=U32,
    cost=st.builds(Cost, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    mark=st.booleans(),
    interrupt=st.booleans(),
)


@given(st.lists(RECORDS, unique_by=lambda record: record.pc), U32)
def test_the_cost_file_survives_a_round_trip(records: list[CostRecord], counters: int) -> None:
    assert decode(encode(records, counters)) == (sorted(records, key=lambda record: record.pc), counters)


@given(st.binary(max_size=64))
def test_foreign_bytes_are_no_cost_file(data: bytes) -> None:
    with pytest.raises(ValueError, match="cost file"):
        decode(data)


TRM_CASES = [
    ("adds", "r0, r1, r2", 1, 0),
    ("smlad", "r0, r1, r2, r3", 1, 0),
    ("mul", "r0, r1, r2", 1, 0),
    ("sdiv", "r0, r1, r2", 7, 0),
    ("ldr", "r0, [r1, #4]", 2, 0),
    ("str", "r0, [r1, #4]", 1, 0),
    ("ldrd", "r0, r1, [r2]", 3, 0),
    ("ldmia", "r0!, {r1, r2, r3, r4}", 5, 0),
    ("push", "{r4-r6, lr}".replace("r4-r6", "r4, r5, r6"), 5, 0),
    ("pop", "{r4, pc}", 5, 0),
    ("bne.n", "104 <loop>", 1, 1),
    ("b.n", "104 <loop>", 2, 0),
    ("bx", "lr", 3, 0),
    ("bl", "200 <function>", 2, 0),
    ("vfma.f32", "s0, s1, s2", 3, 0),
    ("vdiv.f32", "s0, s1, s2", 14, 0),
]


@pytest.mark.parametrize(("mnemonic", "operands", "cycles", "taken"), TRM_CASES)
def test_the_cortex_m4_table(mnemonic: str, operands: str, cycles: int, taken: int) -> None:
    costs = cortex_m4.costs([Instruction(0x100, 2, mnemonic, operands)])
    assert costs[0x100] == Cost(cycles * SIXTEENTHS, taken * SIXTEENTHS)


def test_neighbouring_loads_pipeline() -> None:
    loads = [Instruction(0x100 + 2 * n, 2, "ldr", "r0, [r1]") for n in range(3)]
    assert [cost.straight // SIXTEENTHS for cost in cortex_m4.costs(loads).values()] == [2, 1, 1]


def test_a_branch_to_an_unaligned_wide_instruction_refills_longer() -> None:
    code = [Instruction(0x100, 2, "bne.n", "10a <x>"), Instruction(0x10A, 4, "add.w", "r0, r1, r2")]
    assert cortex_m4.costs(code)[0x100].taken_extra == 2 * SIXTEENTHS


def test_predicated_instructions_stay_in_one_block() -> None:
    code = [
        Instruction(0x100, 2, "ite", "eq"),
        Instruction(0x102, 2, "addeq", "r0, #1"),
        Instruction(0x104, 2, "bxne", "lr"),
        Instruction(0x106, 2, "nop", ""),
    ]
    assert [len(block) for block in basic_blocks(code)] == [3, 1]


@pytest.mark.parametrize("name", BOARDS)
def test_every_instruction_of_an_image_has_a_cost(name: str, test_firmware: Callable[..., Path]) -> None:
    elf, core = test_firmware(name), load_board(name).core
    records, counters = decode(cost_file(elf, core).read_bytes())
    assert [record.pc for record in records] == [instruction.pc for instruction in disassemble(elf)]
    assert sum(record.mark for record in records) >= 6
    assert any(record.interrupt for record in records)
    ram = load_board(name).memory["ram"]
    assert ram.origin <= counters < ram.end


def test_the_cost_file_is_kept_by_digest(test_firmware: Callable[..., Path]) -> None:
    elf = test_firmware("mps3-an547")
    first = cost_file(elf, "cortex-m55")
    written = first.stat().st_mtime_ns
    assert cost_file(elf, "cortex-m55") == first
    assert first.stat().st_mtime_ns == written


def test_data_is_not_taken_for_code(test_firmware: Callable[..., Path]) -> None:
    assert not any(
        instruction.mnemonic.startswith(".") for instruction in disassemble(test_firmware("mps2-an386"))
    )


def test_kinds_of_vector_instructions() -> None:
    assert Instruction(0, 4, "vmladava.s8", "r0, q0, q1").kind is Kind.VECTOR
    assert Instruction(0, 4, "vldrb.u8", "q0, [r0], #16").kind is Kind.VECTOR
    assert Instruction(0, 4, "vldr", "s0, [r0]").kind is Kind.LOAD


def test_a_core_without_model_is_refused() -> None:
    with pytest.raises(CostModelError, match="no cycle model for core 'cortex-m0'"):
        cycle_model("cortex-m0")


def test_a_file_that_is_no_elf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(b"text")
    with pytest.raises(CostModelError):
        cost_file(path, "cortex-m4")
