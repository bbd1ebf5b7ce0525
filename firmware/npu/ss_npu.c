/* Driver of Ethos-U55 and U65: see ss_npu.h. */
#include "ss_npu.h"

#include "ss_npu_registers.h"

enum {
    RESET_POLLS = 100000, /* reads of STATUS; a reset takes some hundred cycles */
    MOST_TIMEOUT_MS = 10000,
};

static uint32_t read_register(const ss_npu *npu, uint32_t offset) { return ss_npu_register_read(npu->config.base, offset); }

static void write_register(const ss_npu *npu, uint32_t offset, uint32_t value) {
    ss_npu_register_write(npu->config.base, offset, value);
}

static uint32_t log2_of(uint32_t value) {
    uint32_t log2 = 0;
    while (((uint32_t)1 << log2) < value) log2++;
    return log2;
}

/* An Ethos-U of architecture 1 (U55, U65) with the MACs that the streams were compiled for. */
static bool is_there(const ss_npu *npu) {
    const uint32_t macs = read_register(npu, SS_NPU_CONFIG) & (uint32_t)SS_NPU_CONFIG_MACS;
    return read_register(npu, SS_NPU_ID) >> SS_NPU_ID_ARCH_MAJOR == 1u && macs == log2_of(npu->config.macs);
}

/* Reset into the levels asked for; what the NPU grants is in PROT. */
static bool reset(const ss_npu *npu) {
    const uint32_t levels = (npu->config.is_user ? 0u : (uint32_t)SS_NPU_LEVELS_CPL) |
                            (npu->config.is_non_secure ? (uint32_t)SS_NPU_LEVELS_CSL : 0u);
    write_register(npu, SS_NPU_RESET, levels);
    for (uint32_t poll = 0; poll < (uint32_t)RESET_POLLS; poll++) {
        if ((read_register(npu, SS_NPU_STATUS) & (uint32_t)SS_NPU_STATUS_RESET) == 0u) {
            return (read_register(npu, SS_NPU_PROT) & 3u) == levels;
        }
    }
    return false;
}

/* Power on, reset, and what no job changes. */
static ss_npu_error set_up(ss_npu *npu) {
    npu->is_powered = false;
    write_register(npu, SS_NPU_CMD, SS_NPU_CMD_CLOCK_Q);
    if (!reset(npu)) return SS_NPU_ERROR_RESET;
    write_register(npu, SS_NPU_CMD, SS_NPU_CMD_CLOCK_Q);
    write_register(npu, SS_NPU_QBASE1, 0u);
    write_register(npu, SS_NPU_QCONFIG, npu->config.queue_memory);
    write_register(npu, SS_NPU_REGIONCFG, npu->config.region_memory);
    for (uint32_t i = 0; i < 4u; i++) write_register(npu, SS_NPU_AXI_LIMIT0 + 4u * i, SS_NPU_AXI_LIMIT);
    for (uint32_t i = 0; i < (uint32_t)SS_NPU_REGIONS; i++) {
        write_register(npu, SS_NPU_BASEP0 + 8u * i, 0u);
        write_register(npu, SS_NPU_BASEP0 + 8u * i + 4u, 0u);
    }
    write_register(npu, SS_NPU_PMCR, SS_NPU_PMCR_ENABLE | SS_NPU_PMCR_RESET_CYCLES);
    write_register(npu, SS_NPU_PMCNTENSET, SS_NPU_PMCNTEN_CYCLES);
    npu->is_powered = true;
    return SS_NPU_OK;
}

ss_npu_error ss_npu_init(ss_npu *npu, const ss_npu_config *config) {
    if (npu == NULL || config == NULL) return SS_NPU_ERROR_ARGUMENT;
    const bool has_time = config->timeout_ms >= 1u && config->timeout_ms <= (uint32_t)MOST_TIMEOUT_MS;
    *npu = (ss_npu){.config = *config};
    if (config->base == 0u || config->macs == 0u || !has_time || config->queue_memory > 3u) return SS_NPU_ERROR_ARGUMENT;
    return ss_npu_reset(npu);
}

ss_npu_error ss_npu_reset(ss_npu *npu) {
    if (npu == NULL || npu->config.base == 0u) return SS_NPU_ERROR_ARGUMENT;
    npu->is_ready = false;
    npu->fault = (ss_npu_fault){.error = SS_NPU_OK};
    if (!is_there(npu)) return SS_NPU_ERROR_ABSENT;
    const ss_npu_error error = set_up(npu);
    npu->is_ready = error == SS_NPU_OK;
    return error;
}

void ss_npu_release(ss_npu *npu) {
    if (npu == NULL || !npu->is_ready) return;
    npu->is_powered = false;
    write_register(npu, SS_NPU_CMD, SS_NPU_CMD_CLOCK_Q | SS_NPU_CMD_POWER_Q);
}

/* Keep what is known of the failed job and bring the NPU to rest; jobs are refused from now on. */
static ss_npu_error fail(ss_npu *npu, ss_npu_error error, uint32_t status) {
    npu->fault = (ss_npu_fault){
        .error = error,
        .job = npu->jobs,
        .status = status,
        .queue_offset = read_register(npu, SS_NPU_QREAD),
        .interface = (uint8_t)((status >> SS_NPU_STATUS_INTERFACE) & 1u),
        .channel = (uint8_t)((status >> SS_NPU_STATUS_CHANNEL) & 0xFu),
    };
    npu->is_ready = false;
    (void)reset(npu); /* ss_npu_reset tells whether it ended */
    return error;
}

ss_npu_error ss_npu_acquire(ss_npu *npu) {
    if (npu == NULL || !npu->is_ready) return SS_NPU_ERROR_REFUSED;
    if (npu->is_powered) return SS_NPU_OK;
    const ss_npu_error error = set_up(npu);
    return error == SS_NPU_OK ? SS_NPU_OK : fail(npu, error, read_register(npu, SS_NPU_STATUS));
}

void ss_npu_interrupt(ss_npu *npu) {
    npu->done_status = read_register(npu, SS_NPU_STATUS);
    write_register(npu, SS_NPU_CMD, SS_NPU_CMD_CLOCK_Q | SS_NPU_CMD_CLEAR_IRQ | SS_NPU_CMD_CLEAR_HISTORY);
    npu->is_done = true;
}

/* What STATUS says of a job that has ended. */
static ss_npu_error error_of(uint32_t status) {
    if ((status & (uint32_t)SS_NPU_STATUS_ECC_FAULT) != 0u) return SS_NPU_ERROR_ECC;
    if ((status & (uint32_t)SS_NPU_STATUS_BUS) != 0u) return SS_NPU_ERROR_BUS;
    if ((status & (uint32_t)SS_NPU_STATUS_PARSE_ERROR) != 0u) return SS_NPU_ERROR_COMMAND;
    if ((status & (uint32_t)SS_NPU_STATUS_WEIGHT_FAULT) != 0u) return SS_NPU_ERROR_WEIGHTS;
    /* NPU_OP_STOP ends every whole stream and leaves its mask in the history: without it the stream was cut off. */
    const bool has_stopped = status >> SS_NPU_STATUS_HISTORY != 0u;
    if ((status & (uint32_t)SS_NPU_STATUS_END_REACHED) == 0u || !has_stopped) return SS_NPU_ERROR_INCOMPLETE;
    return SS_NPU_OK;
}

/* Sleep until the interrupt handler has run, or do its work when the NPU has stopped; false after timeout_ms. */
static bool wait(ss_npu *npu) {
    ss_npu_timer_start(npu->config.timeout_ms);
    while (!npu->is_done && !ss_npu_timer_is_over()) {
        if (!npu->config.is_polled) {
            ss_npu_sleep();
        } else if ((read_register(npu, SS_NPU_STATUS) & (uint32_t)SS_NPU_STATUS_RUNNING) == 0u) {
            ss_npu_interrupt(npu);
        }
    }
    ss_npu_timer_stop();
    return npu->is_done;
}

static bool is_valid(const ss_npu_job *job, const ss_npu_region *regions, uint32_t region_count) {
    if (job == NULL || (regions == NULL && region_count > 0u) || region_count > (uint32_t)SS_NPU_REGIONS) return false;
    const uintptr_t address = (uintptr_t)job->commands;
    return address != 0u && address % SS_NPU_COMMAND_ALIGNMENT == 0u && job->command_bytes != 0u && job->command_bytes % 4u == 0u;
}

static void start(ss_npu *npu, const ss_npu_job *job, const ss_npu_region *regions, uint32_t region_count) {
    for (uint32_t i = 0; i < region_count; i++) {
        if (regions[i].bytes != 0u) ss_npu_cache_clean(regions[i].address, regions[i].bytes);
        write_register(npu, SS_NPU_BASEP0 + 8u * i, (uint32_t)regions[i].address);
    }
    write_register(npu, SS_NPU_QBASE0, (uint32_t)(uintptr_t)job->commands);
    write_register(npu, SS_NPU_QSIZE, job->command_bytes);
    npu->is_done = false;
    ss_npu_barrier();
    write_register(npu, SS_NPU_CMD, SS_NPU_CMD_RUN | SS_NPU_CMD_CLOCK_Q);
    ss_npu_barrier();
}

/* What became of the job. */
static ss_npu_error conclude(ss_npu *npu, bool was_done) {
    if (was_done) {
        const ss_npu_error error = error_of(npu->done_status);
        return error == SS_NPU_OK ? SS_NPU_OK : fail(npu, error, npu->done_status);
    }
    const uint32_t status = read_register(npu, SS_NPU_STATUS);
    const bool is_running = (status & (uint32_t)SS_NPU_STATUS_RUNNING) != 0u;
    return fail(npu, is_running ? SS_NPU_ERROR_TIMEOUT : SS_NPU_ERROR_INTERRUPT, status);
}

ss_npu_error ss_npu_run(ss_npu *npu, const ss_npu_job *job, const ss_npu_region *regions, uint32_t region_count) {
    if (npu == NULL) return SS_NPU_ERROR_ARGUMENT;
    if (!npu->is_ready) return SS_NPU_ERROR_REFUSED;
    npu->jobs++;
    if (!is_valid(job, regions, region_count)) return fail(npu, SS_NPU_ERROR_ARGUMENT, 0u);
    const ss_npu_error power = npu->is_powered ? SS_NPU_OK : ss_npu_acquire(npu);
    if (power != SS_NPU_OK) return power;
    const uint32_t before = read_register(npu, SS_NPU_PMCCNTR_LO);
    start(npu, job, regions, region_count);
    const bool was_done = wait(npu);
    npu->cycles += (uint32_t)(read_register(npu, SS_NPU_PMCCNTR_LO) - before);
    for (uint32_t i = 0; i < region_count; i++) {
        if (regions[i].bytes != 0u) ss_npu_cache_invalidate(regions[i].address, regions[i].bytes);
    }
    return conclude(npu, was_done);
}
