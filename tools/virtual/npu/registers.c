/* The registers of an Ethos-U55: see registers.h. */
#include "registers.h"

#include <string.h>

enum {
    ID = 0x000,
    STATUS = 0x004,
    CMD = 0x008,
    RESET = 0x00C,
    QBASE0 = 0x010,
    QBASE1 = 0x014,
    QREAD = 0x018,
    QCONFIG = 0x01C,
    QSIZE = 0x020,
    PROT = 0x024,
    CONFIG = 0x028,
    LOCK = 0x02C,
    REGIONCFG = 0x03C,
    AXI_LIMIT0 = 0x040,
    AXI_LIMIT3 = 0x04C,
    BASEP0 = 0x080,
    BASEP15 = 0x0BC,
    PMCR = 0x180,
    PMCNTENSET = 0x184,
    PMCNTENCLR = 0x188,
    PMCCNTR_LO = 0x1A0,
    PMCCNTR_HI = 0x1A4,
    PID4 = 0xFD0,
    CID3 = 0xFFC,
};

enum {
    STATUS_RUNNING = 1 << 0,
    STATUS_IRQ_RAISED = 1 << 1,
    STATUS_BUS = 1 << 2,
    STATUS_RESET = 1 << 3,
    STATUS_PARSE_ERROR = 1 << 4,
    STATUS_END_REACHED = 1 << 5,
    STATUS_WEIGHT_FAULT = 1 << 7,
    STATUS_ECC_FAULT = 1 << 8,
    STATUS_INTERFACE = 11,
    STATUS_CHANNEL = 12,
    STATUS_FAULTS = STATUS_BUS | STATUS_PARSE_ERROR | STATUS_WEIGHT_FAULT | STATUS_ECC_FAULT,
    CMD_RUN = 1 << 0,
    CMD_CLEAR_IRQ = 1 << 1,
    CMD_POWER = 3 << 2, /* clock_q_enable, power_q_enable */
    PMCR_ENABLE = 1 << 0,
    PMCR_RESET_CYCLES = 1 << 2,
    PMCR_MASK_ENABLE = 1 << 3,
    PMCR_EVENT_COUNTERS = 4 << 11,
    CHANNEL_COMMAND = 0,
    CHANNEL_FEATURE_MAP = 1,
    CHANNEL_WEIGHTS = 2,
    CHANNEL_OUTPUT = 8,
    SIZE_BITS = 0xFFFFFC,
};

/* Architecture 1.1.0, product Ethos-U55 (4), r1p0. */
static const uint32_t id = (1u << 28) | (1u << 20) | (4u << 12) | (1u << 8);
static const uint64_t counter_mask = (UINT64_C(1) << 48) - 1u;
static const uint32_t cycle_counter = UINT32_C(1) << 31;

/* Peripheral and component identification of CoreSight, PID4 … PID7, PID0 … PID3, CID0 … CID3. */
static const uint8_t identification[] = {0x04, 0, 0, 0, 0x80, 0xB5, 0x0B, 0, 0x0D, 0xF0, 0x05, 0xB1};

static uint32_t config_word(const npu_config *config) {
    uint32_t log2_macs = 0;
    while ((1u << log2_macs) < config->macs_per_cycle) log2_macs++;
    const uint32_t shram_kib = config->macs_per_cycle >= 256u ? 48u : config->macs_per_cycle >= 128u ? 24u : 16u;
    return log2_macs | (shram_kib << 8);
}

static void reset(npu_registers *registers, uint32_t protection) {
    const npu_environment environment = registers->environment;
    const npu_totals totals = registers->totals;
    const npu_result last = registers->last;
    *registers = (npu_registers){
        .environment = environment, .totals = totals, .last = last, .command = CMD_POWER, .protection = protection & 3u};
    environment.set_interrupt(environment.context, false);
}

void npu_registers_init(npu_registers *registers, const npu_environment *environment) {
    memset(registers, 0, sizeof *registers);
    registers->environment = *environment;
    reset(registers, 0u);
}

uint64_t npu_registers_cycles(const npu_counts *counts) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i <= (uint32_t)NPU_REGIONS; i++) bytes += counts->bytes_read[i] + counts->bytes_written[i];
    uint64_t cycles = (bytes + 15u) / 16u;
    if (counts->mac_cycles > cycles) cycles = counts->mac_cycles;
    if (counts->output_cycles > cycles) cycles = counts->output_cycles;
    return cycles;
}

static uint32_t bus_status(const npu_result *result) {
    const uint32_t channel = result->region == (uint32_t)NPU_REGIONS ? CHANNEL_COMMAND
                             : result->write                         ? CHANNEL_OUTPUT
                                                                     : CHANNEL_FEATURE_MAP;
    return STATUS_BUS | (channel << STATUS_CHANNEL);
}

/* STATUS of a job that has ended, without the running bit. */
static uint32_t status_of(const npu_result *result) {
    const uint32_t history = (uint32_t)result->irq_mask << 16;
    switch (result->fault) {
        case NPU_OK: return history | STATUS_IRQ_RAISED | STATUS_END_REACHED;
        case NPU_FAULT_END: return STATUS_IRQ_RAISED | STATUS_END_REACHED;
        case NPU_FAULT_BUS: return history | STATUS_IRQ_RAISED | bus_status(result);
        case NPU_FAULT_WEIGHTS:
            return history | STATUS_IRQ_RAISED | STATUS_WEIGHT_FAULT | (CHANNEL_WEIGHTS << STATUS_CHANNEL);
        default: return history | STATUS_IRQ_RAISED | STATUS_PARSE_ERROR; /* and what the model does not execute */
    }
}

static bool refuse_read(void *context, uint64_t address, void *data, uint32_t bytes) {
    (void)context, (void)address, (void)data, (void)bytes;
    return false;
}

static void execute(npu_registers *registers, npu_injection injection) {
    npu_environment *const environment = &registers->environment;
    npu_memory memory = environment->memory;
    if (injection == NPU_INJECT_BUS) memory.read = refuse_read;
    uint64_t bases[NPU_REGIONS];
    for (uint32_t i = 0; i < (uint32_t)NPU_REGIONS; i++) {
        bases[i] = registers->base[2u * i] | (uint64_t)registers->base[2u * i + 1u] << 32;
    }
    const uint64_t queue = registers->queue_base[0] | (uint64_t)registers->queue_base[1] << 32;
    npu_counts counts;
    const npu_result result =
        npu_execute(&environment->config, bases, queue, registers->queue_size, &memory, &counts);
    const uint64_t cycles = npu_registers_cycles(&counts);
    npu_totals *const totals = &registers->totals;
    for (uint32_t i = 0; i <= (uint32_t)NPU_REGIONS; i++) {
        totals->bytes_read += counts.bytes_read[i];
        totals->bytes_written += counts.bytes_written[i];
    }
    totals->operations += counts.operations;
    totals->macs += counts.macs;
    totals->cycles += cycles;
    if ((registers->counter_control & PMCR_ENABLE) != 0 && (registers->counters_enabled & cycle_counter) != 0) {
        registers->cycles = (registers->cycles + cycles) & counter_mask;
    }
    registers->last = result;
    registers->status = status_of(&result);
    registers->queue_read = result.fault == NPU_OK || result.fault == NPU_FAULT_END ? registers->queue_size : result.offset;
    if (injection == NPU_INJECT_ECC) registers->status = STATUS_IRQ_RAISED | STATUS_ECC_FAULT;
}

static void start(npu_registers *registers) {
    npu_environment *const environment = &registers->environment;
    const npu_injection injection = environment->next_injection(environment->context);
    registers->totals.jobs++;
    registers->queue_read = 0;
    registers->status = (registers->status & 0xFFFF0000u) | STATUS_RUNNING;
    if (injection == NPU_INJECT_HANG || injection == NPU_INJECT_RESET) {
        registers->is_reset_stuck = injection == NPU_INJECT_RESET;
        registers->totals.faults++;
    } else {
        execute(registers, injection);
        if ((registers->status & STATUS_FAULTS) != 0 || registers->last.fault != NPU_OK) registers->totals.faults++;
        if (injection != NPU_INJECT_MISSING_INTERRUPT) environment->set_interrupt(environment->context, true);
    }
    environment->job_ended(environment->context);
}

static void write_command(npu_registers *registers, uint32_t value) {
    npu_environment *const environment = &registers->environment;
    registers->command = value & CMD_POWER;
    if ((value & CMD_CLEAR_IRQ) != 0) {
        registers->status &= ~(uint32_t)STATUS_IRQ_RAISED;
        environment->set_interrupt(environment->context, false);
    }
    registers->status &= ~(value & 0xFFFF0000u); /* clear_irq_history */
    const bool is_blocked = (registers->status & (STATUS_RUNNING | STATUS_FAULTS | STATUS_RESET)) != 0;
    if ((value & CMD_RUN) != 0 && !is_blocked) start(registers);
}

/* A write of 1 to RESET's privilege or security bit is what the NPU gets: this model's guest may ask for both. */
static void write_reset(npu_registers *registers, uint32_t value) {
    const bool is_stuck = registers->is_reset_stuck;
    reset(registers, value);
    if (is_stuck) registers->status = STATUS_RESET;
}

static void write_setting(npu_registers *registers, uint32_t offset, uint32_t value) {
    if (offset >= BASEP0 && offset <= BASEP15) {
        registers->base[(offset - BASEP0) / 4u] = value;
    } else if (offset >= AXI_LIMIT0 && offset <= AXI_LIMIT3) {
        registers->axi_limit[(offset - AXI_LIMIT0) / 4u] = value;
    } else if (offset == QBASE0 || offset == QBASE1) {
        registers->queue_base[(offset - QBASE0) / 4u] = value;
    } else if (offset == QCONFIG) {
        registers->queue_config = value & 3u;
    } else if (offset == QSIZE) {
        registers->queue_size = value & SIZE_BITS;
    } else if (offset == LOCK) {
        registers->lock = value;
    } else if (offset == REGIONCFG) {
        registers->region_config = value & 0xFFFFu;
    } else if (offset == PMCR) {
        registers->counter_control = value & (PMCR_ENABLE | PMCR_MASK_ENABLE);
        if ((value & PMCR_RESET_CYCLES) != 0) registers->cycles = 0;
    } else if (offset == PMCNTENSET) {
        registers->counters_enabled |= value & (cycle_counter | 0xFu);
    } else if (offset == PMCNTENCLR) {
        registers->counters_enabled &= ~value;
    } else if (offset == PMCCNTR_LO) {
        registers->cycles = (registers->cycles & ~UINT64_C(0xFFFFFFFF)) | value;
    } else if (offset == PMCCNTR_HI) {
        registers->cycles = (registers->cycles & 0xFFFFFFFFu) | ((uint64_t)value << 32 & counter_mask);
    }
}

void npu_registers_write(npu_registers *registers, uint32_t offset, uint32_t value) {
    if (offset == CMD) {
        write_command(registers, value);
    } else if (offset == RESET) {
        write_reset(registers, value);
    } else if ((registers->status & (STATUS_RUNNING | STATUS_FAULTS | STATUS_RESET)) == 0) {
        write_setting(registers, offset, value);
    }
}

uint32_t npu_registers_read(const npu_registers *registers, uint32_t offset) {
    if (offset >= BASEP0 && offset <= BASEP15) return registers->base[(offset - BASEP0) / 4u];
    if (offset >= AXI_LIMIT0 && offset <= AXI_LIMIT3) return registers->axi_limit[(offset - AXI_LIMIT0) / 4u];
    if (offset >= PID4 && offset <= CID3) return identification[(offset - PID4) / 4u];
    switch (offset) {
        case ID: return id;
        case STATUS: return registers->status;
        case CMD: return registers->command;
        case QBASE0: return registers->queue_base[0];
        case QBASE1: return registers->queue_base[1];
        case QREAD: return registers->queue_read;
        case QCONFIG: return registers->queue_config;
        case QSIZE: return registers->queue_size;
        case PROT: return registers->protection;
        case CONFIG: return config_word(&registers->environment.config);
        case LOCK: return registers->lock;
        case REGIONCFG: return registers->region_config;
        case PMCR: return registers->counter_control | PMCR_EVENT_COUNTERS;
        case PMCNTENSET: return registers->counters_enabled;
        case PMCNTENCLR: return registers->counters_enabled;
        case PMCCNTR_LO: return (uint32_t)registers->cycles;
        case PMCCNTR_HI: return (uint32_t)(registers->cycles >> 32);
        default: return 0;
    }
}
