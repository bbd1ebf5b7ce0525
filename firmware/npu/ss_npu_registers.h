/* Registers of Ethos-U55 and U65. Source: the register description in the Vela compiler (ethos_u55_regs); Arm 102420, chapter 4. */
#ifndef SS_NPU_REGISTERS_H
#define SS_NPU_REGISTERS_H

#include <stdint.h>

enum {
    SS_NPU_ID = 0x000,
    SS_NPU_STATUS = 0x004,
    SS_NPU_CMD = 0x008,
    SS_NPU_RESET = 0x00C,
    SS_NPU_QBASE0 = 0x010,
    SS_NPU_QBASE1 = 0x014,
    SS_NPU_QREAD = 0x018,
    SS_NPU_QCONFIG = 0x01C,
    SS_NPU_QSIZE = 0x020,
    SS_NPU_PROT = 0x024,
    SS_NPU_CONFIG = 0x028,
    SS_NPU_REGIONCFG = 0x03C,
    SS_NPU_AXI_LIMIT0 = 0x040, /* … AXI_LIMIT3, 4 bytes each */
    SS_NPU_BASEP0 = 0x080,     /* … BASEP15: low and high word of each region's address */
    SS_NPU_PMCR = 0x180,
    SS_NPU_PMCNTENSET = 0x184,
    SS_NPU_PMCCNTR_LO = 0x1A0,
};

enum {
    SS_NPU_STATUS_RUNNING = 1 << 0,
    SS_NPU_STATUS_IRQ_RAISED = 1 << 1,
    SS_NPU_STATUS_BUS = 1 << 2,
    SS_NPU_STATUS_RESET = 1 << 3, /* the reset is under way */
    SS_NPU_STATUS_PARSE_ERROR = 1 << 4,
    SS_NPU_STATUS_END_REACHED = 1 << 5,
    SS_NPU_STATUS_WEIGHT_FAULT = 1 << 7,
    SS_NPU_STATUS_ECC_FAULT = 1 << 8,
    SS_NPU_STATUS_INTERFACE = 11, /* position, 1 bit */
    SS_NPU_STATUS_CHANNEL = 12,   /* position, 4 bits */
    SS_NPU_STATUS_HISTORY = 16,   /* position, 16 bits: masks of the NPU_OP_STOP and NPU_OP_IRQ that were executed */
    SS_NPU_CMD_RUN = 1 << 0,
    SS_NPU_CMD_CLEAR_IRQ = 1 << 1,
    SS_NPU_CMD_CLOCK_Q = 1 << 2,  /* the clock may be gated */
    SS_NPU_CMD_POWER_Q = 1 << 3,  /* power may be switched off */
    SS_NPU_LEVELS_CPL = 1 << 0,   /* of RESET and PROT: privileged */
    SS_NPU_LEVELS_CSL = 1 << 1,   /* of RESET and PROT: Non-secure */
    SS_NPU_CONFIG_MACS = 0xF,     /* log2 of the MACs a cycle */
    SS_NPU_ID_ARCH_MAJOR = 28,    /* position, 4 bits */
    SS_NPU_PMCR_ENABLE = 1 << 0,
    SS_NPU_PMCR_RESET_CYCLES = 1 << 2,
    /* 64-byte bursts, normal non-cacheable bufferable memory, 32 reads and 16 writes outstanding: the most of a U55. */
    SS_NPU_AXI_LIMIT = (3 << 4) | (31 << 16) | (15 << 24),
};

static const uint32_t SS_NPU_CMD_CLEAR_HISTORY = UINT32_C(0xFFFF0000);
static const uint32_t SS_NPU_PMCNTEN_CYCLES = UINT32_C(1) << 31;

#if defined(SS_NPU_REGISTER_FUNCTIONS) /* tests: the registers are not in this program's memory */
uint32_t ss_npu_register_read(uintptr_t base, uint32_t offset);
void ss_npu_register_write(uintptr_t base, uint32_t offset, uint32_t value);
#else
static inline uint32_t ss_npu_register_read(uintptr_t base, uint32_t offset) {
    return *(volatile const uint32_t *)(base + offset);
}

static inline void ss_npu_register_write(uintptr_t base, uint32_t offset, uint32_t value) {
    *(volatile uint32_t *)(base + offset) = value;
}
#endif

/* Everything written before is seen by the NPU, and an interrupt that is pending after it is taken here. */
static inline void ss_npu_barrier(void) {
#if defined(__arm__)
    __asm volatile("dsb\n\tisb" ::: "memory");
#else
    __asm volatile("" ::: "memory");
#endif
}

#endif
