/*
 * Faults. The handler records the registers in memory that start-up does not clear, then returns from the exception into Reset_Handler with
 * a fresh stack; the application finds the record and answers the request that was under way. A full reset is used only where a
 * handler was interrupted. Source: Armv8-M ARM (DDI 0553), B3.18 (exception entry), B3.21 (return).
 */
#include "fault.h"

#include <stdbool.h>

#include "board_config.h"
#include "hal.h"
#include "linker_symbols.h"
#include "registers.h"
#include "ss_protocol.h"

enum {
    FRAME_WORDS = 8, /* r0–r3, r12, lr, pc, xPSR */
    FRAME_LR = 5,
    FRAME_PC = 6,
    FRAME_XPSR = 7,
    XPSR_THUMB = 1 << 24,
    ICSR_RETTOBASE = 1 << 11,
    CFSR_MSTKERR = 1 << 4,
    CFSR_MMARVALID = 1 << 7,
    CFSR_STKERR = 1 << 12,
    CFSR_BFARVALID = 1 << 15,
    CFSR_STKOF = 1 << 20,
    EXC_RETURN_MSP_THREAD_BASIC = 0x18, /* set: basic frame, thread mode */
    EXC_RETURN_PSP = 0x04,              /* clear: main stack */
};

#define AIRCR_RESET 0x05FA0004u

__attribute__((section(".noinit"))) static ss_fault_record record;

void Reset_Handler(void);
__attribute__((noreturn, used)) void ss_fault_capture(const uint32_t *frame, uint32_t exc_return);

/* Frame address and EXC_RETURN to ss_fault_capture, on an empty stack. FPCCR.LSPACT is cleared: the old frame is not to be written to. */
__attribute__((naked)) void ss_fault_entry(void) {
    __asm volatile(
        "ldr r2, =0xE000EF34\n\t"
        "ldr r3, [r2]\n\t"
        "bic r3, r3, #1\n\t"
        "str r3, [r2]\n\t"
        "mrs r0, msp\n\t"
        "mov r1, lr\n\t"
        "ldr r3, =ss_stack_end\n\t"
        "mov sp, r3\n\t"
        "b ss_fault_capture\n\t"
        ".ltorg");
}

static uint32_t classify(uint32_t exception, uint32_t cfsr) {
    if (exception == 7u) return SSP_FAULT_KIND_SECURE;
    if (exception == 2u || exception > 7u) return SSP_FAULT_KIND_INTERRUPT;
    if ((cfsr & 0x000000FFu) != 0u) return SSP_FAULT_KIND_MEMORY;
    if ((cfsr & 0x0000FF00u) != 0u) return SSP_FAULT_KIND_BUS;
    if ((cfsr & 0xFFFF0000u) != 0u) return SSP_FAULT_KIND_USAGE;
    return SSP_FAULT_KIND_HARD;
}

static uint32_t fault_address(uint32_t cfsr) {
    if ((cfsr & CFSR_BFARVALID) != 0u) return ss_register_read(SS_BFAR);
    if ((cfsr & CFSR_MMARVALID) != 0u) return ss_register_read(SS_MMFAR);
    return 0u;
}

/* The frame can be read: the core could store it, and it lies in the stack. */
static bool is_frame_valid(const uint32_t *frame, uint32_t cfsr) {
    const uintptr_t address = (uintptr_t)frame;
    const uintptr_t end = (uintptr_t)ss_stack_end;
    if ((cfsr & (CFSR_MSTKERR | CFSR_STKERR | CFSR_STKOF)) != 0u) return false;
    return address >= (uintptr_t)ss_stack_start && address <= end - 4u * FRAME_WORDS && address % 4u == 0u;
}

/* Return from the exception into Reset_Handler, or reset the part where that is impossible. */
__attribute__((noreturn)) static void restart(uint32_t exc_return) {
    if ((ss_register_read(SS_ICSR) & ICSR_RETTOBASE) == 0u) {
        __asm volatile("dsb" ::: "memory");
        ss_register_write(SS_AIRCR, AIRCR_RESET);
        for (;;) continue;
    }
    uint32_t *const frame = ss_stack_start + SS_STACK_BYTES / 4u - FRAME_WORDS; /* top of the stack */
    for (uint32_t i = 0; i < FRAME_WORDS; i++) frame[i] = 0u;
    frame[FRAME_LR] = 0xFFFFFFFFu;
    frame[FRAME_PC] = (uint32_t)(uintptr_t)Reset_Handler & ~1u;
    frame[FRAME_XPSR] = XPSR_THUMB;
    const uint32_t code = (exc_return | EXC_RETURN_MSP_THREAD_BASIC) & ~(uint32_t)EXC_RETURN_PSP;
    __asm volatile("msr msp, %0\n\tbx %1" ::"r"(frame), "r"(code) : "memory");
    __builtin_unreachable();
}

void ss_fault_capture(const uint32_t *frame, uint32_t exc_return) {
    const uint32_t cfsr = ss_register_read(SS_CFSR);
    const bool readable = is_frame_valid(frame, cfsr);
    ss_fault_record *const state = ss_fault_state();
    state->count++;
    state->at_start = state->busy != 0u ? 0u : state->at_start + 1u;
    state->exception = ss_register_read(SS_ICSR) & 0x1FFu;
    state->kind = classify(state->exception, cfsr);
    state->pc = readable ? frame[FRAME_PC] : 0u;
    state->lr = readable ? frame[FRAME_LR] : 0u;
    state->cfsr = cfsr;
    state->hfsr = ss_register_read(SS_HFSR);
    state->address = fault_address(cfsr);
    state->unreported = 1u;
    ss_register_write(SS_CFSR, cfsr); /* write one to clear */
    ss_register_write(SS_HFSR, state->hfsr);
    restart(exc_return);
}

ss_fault_record *ss_fault_state(void) {
    if (record.magic != SS_FAULT_MAGIC) record = (ss_fault_record){.magic = SS_FAULT_MAGIC};
    return &record;
}

void ss_fault_provoke(void) { __asm volatile("udf #0"); }
