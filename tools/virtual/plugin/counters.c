/*
 * Counters of a virtual board: executed instructions (exact) and modelled cycles.
 *
 *   -plugin libskipstone_counters.so,costs=FILE
 *
 * Every translation block is charged at its entry by one callback. A mark is a NOP whose address the cost file
 * lists; when it executes, the plugin stores {u64 instructions, u64 cycles} into the guest variable
 * `ss_virtual_counters`, both counted up to and including the NOP: what the block was charged in advance for the
 * instructions behind the mark is taken off again. So the guest reads its own counters with one NOP and two loads.
 *
 * Interrupt handlers are not charged: which step a received byte falls into depends on the host, and a count that
 * depends on the host is not exact. (On hardware DWT counts them; see docs/reference/interfaces.md.)
 *
 * Cycles are rounded to whole ones at each mark, so that a difference depends only on what ran between the marks and
 * not on the phase of the sum before them.
 *
 * A branch is known to be taken when the next block does not begin where the last one ended; the penalty belongs to
 * the last instruction of that block.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cost_table.h"
#include "qemu_plugin_v1.h"

/* QEMU 7.2's own functions, exported by its binary although they are not part of the plugin ABI. */
typedef void *(*get_cpu_function)(int index);
typedef int (*memory_rw_debug_function)(void *cpu, uint64_t address, void *bytes, size_t length, bool is_write);

/* A translated block as it is charged. */
typedef struct block {
    uint64_t pc;
    uint64_t next_pc;      /* address behind its last instruction */
    uint64_t instructions; /* in the block */
    uint64_t cost;         /* cycles / 16 of the straight line */
    uint64_t taken_extra;  /* cycles / 16 if control leaves the straight line at the end */
    bool interrupt;
    struct block *older;
} block;

/* A mark inside a block: what has been executed of the block when it is reached, the mark included. */
typedef struct mark {
    const block *in;
    uint64_t instructions;
    uint64_t cost;
    struct mark *older;
} mark;

/* The guest's view; the same struct as in the firmware's counter driver. */
typedef struct {
    uint64_t instructions;
    uint64_t cycles;
} virtual_counters;

static cost_table costs;
static block *blocks;
static mark *marks;
static uint64_t last_next_pc;     /* of the block charged last */
static uint64_t last_taken_extra; /* of the block charged last */
static uint64_t instructions;
static uint64_t cycles; /* sixteenths */
static get_cpu_function get_cpu;
static memory_rw_debug_function memory_rw_debug;

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

static void on_block(unsigned int cpu, void *userdata) {
    const block *const entered = userdata;
    (void)cpu;
    if (entered->interrupt) {
        return;
    }
    if (entered->pc != last_next_pc) {
        cycles += last_taken_extra;
    }
    instructions += entered->instructions;
    cycles += entered->cost;
    last_next_pc = entered->next_pc;
    last_taken_extra = entered->taken_extra;
}

static void on_mark(unsigned int cpu, void *userdata) {
    const mark *const reached = userdata;
    const uint64_t until_mark = cycles - reached->in->cost + reached->cost;
    const uint64_t whole = (until_mark + 8) / 16;
    cycles += whole * 16 - until_mark;
    virtual_counters counters = {
        .instructions = instructions - reached->in->instructions + reached->instructions,
        .cycles = whole,
    };
    if (costs.header == NULL || costs.header->counters_address == 0) {
        return;
    }
    void *const state = get_cpu((int)cpu);
    if (memory_rw_debug(state, costs.header->counters_address, &counters, sizeof counters, true) != 0) {
        fprintf(stderr, "skipstone plugin: ss_virtual_counters at 0x%08x is not memory of this board\n",
                costs.header->counters_address);
    }
}

static void *allocate(size_t bytes) {
    void *const memory = calloc(1, bytes);
    if (memory == NULL) {
        fprintf(stderr, "skipstone plugin: out of memory\n");
        abort();
    }
    return memory;
}

static void add_mark(struct qemu_plugin_insn *instruction, const block *in) {
    mark *const added = allocate(sizeof *added);
    *added = (mark){.in = in, .instructions = in->instructions, .cost = in->cost, .older = marks};
    marks = added;
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, QEMU_PLUGIN_CB_NO_REGS, added);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    cost_table_refresh(&costs);
    block *const added = allocate(sizeof *added);
    added->pc = qemu_plugin_tb_vaddr(tb);
    added->older = blocks;
    blocks = added;
    const size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t index = 0; index < count; index++) {
        struct qemu_plugin_insn *const instruction = qemu_plugin_tb_get_insn(tb, index);
        const uint64_t pc = qemu_plugin_insn_vaddr(instruction);
        const cost_record *const record = cost_table_find(&costs, (uint32_t)pc);
        added->next_pc = pc + qemu_plugin_insn_size(instruction);
        added->instructions++;
        added->cost += record != NULL ? record->cost : 16;
        added->taken_extra = record != NULL ? record->taken_extra : 0;
        added->interrupt = record != NULL && record->interrupt != 0;
        if (record != NULL && record->mark != 0) {
            add_mark(instruction, added);
        }
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, added);
}

/* QEMU has dropped every translated block: none of ours can be entered again. */
static void on_flush(qemu_plugin_id_t id) {
    (void)id;
    while (blocks != NULL) {
        block *const older = blocks->older;
        free(blocks);
        blocks = older;
    }
    while (marks != NULL) {
        mark *const older = marks->older;
        free(marks);
        marks = older;
    }
}

static void *find_symbol(const char *name) {
    void *const symbol = dlsym(RTLD_DEFAULT, name);
    if (symbol == NULL) {
        fprintf(stderr,
                "skipstone plugin: this qemu-system-arm does not export '%s', so counters cannot be stored in guest "
                "memory; use Debian's qemu-system-arm 7.2\n",
                name);
    }
    return symbol;
}

static bool read_arguments(int argc, char **argv) {
    for (int index = 0; index < argc; index++) {
        if (strncmp(argv[index], "costs=", 6) == 0) {
            costs.path = strdup(argv[index] + 6);
        } else {
            fprintf(stderr, "skipstone plugin: unknown argument '%s' (known: costs=FILE)\n", argv[index]);
            return false;
        }
    }
    if (costs.path == NULL) {
        fprintf(stderr, "skipstone plugin: argument costs=FILE is missing\n");
    }
    return costs.path != NULL;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    if (!info->system_emulation || !read_arguments(argc, argv)) {
        return -1;
    }
    get_cpu = (get_cpu_function)(uintptr_t)find_symbol("qemu_get_cpu");
    memory_rw_debug = (memory_rw_debug_function)(uintptr_t)find_symbol("cpu_memory_rw_debug");
    if (get_cpu == NULL || memory_rw_debug == NULL) {
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_flush_cb(id, on_flush);
    return 0;
}
