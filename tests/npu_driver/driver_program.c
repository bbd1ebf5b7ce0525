/*
 * The driver on the host: its register accesses go to the register file of the virtual board's NPU, behind which a script stands instead of the
 * functional model. Every access is recorded. Called from Python through ctypes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "registers.h"
#include "ss_npu.h"
#include "ss_npu_registers.h"

enum { MOST_ACCESSES = 4096, BASE = 0x1000 };

static struct {
    ss_npu npu;
    npu_registers registers;
    npu_result result;         /* what the next jobs end in */
    npu_counts counts;
    npu_injection injection;   /* of the next job */
    bool is_absent;            /* every register reads 0 */
    bool is_stubborn;          /* PROT stays at 3 */
    bool is_masked;            /* the processor does not take the interrupt */
    uint32_t access_count;
    uint32_t accesses[MOST_ACCESSES][2]; /* written offset and value */
    uint64_t seen_bases[NPU_REGIONS];
    uint64_t seen_queue;
    uint32_t seen_bytes;
    uint32_t sleeps;
    uint32_t sleeps_until_late; /* a held-back interrupt is taken at this sleep; 0: never */
    uint32_t timer_ms;
    uint32_t timer_polls;
    uint32_t timer_stops;
    uint32_t cleaned;          /* bytes */
    uint32_t invalidated;
} bench;

uint32_t ss_npu_register_read(uintptr_t base, uint32_t offset) {
    if (bench.is_absent || base != BASE) return 0u;
    const uint32_t value = npu_registers_read(&bench.registers, offset);
    return bench.is_stubborn && offset == (uint32_t)SS_NPU_PROT ? value ^ 1u : value;
}

void ss_npu_register_write(uintptr_t base, uint32_t offset, uint32_t value) {
    if (base != BASE) return;
    if (bench.access_count < (uint32_t)MOST_ACCESSES) {
        bench.accesses[bench.access_count][0] = offset;
        bench.accesses[bench.access_count++][1] = value;
    }
    npu_registers_write(&bench.registers, offset, value);
}

npu_result npu_execute(const npu_config *config, const uint64_t region_base[NPU_REGIONS], uint64_t queue_base, uint32_t queue_bytes,
                       const npu_memory *memory, npu_counts *counts) {
    (void)config;
    uint32_t word = 0;
    npu_result result = bench.result;
    memcpy(bench.seen_bases, region_base, sizeof bench.seen_bases);
    bench.seen_queue = queue_base;
    bench.seen_bytes = queue_bytes;
    *counts = bench.counts;
    if (!memory->read(memory->context, queue_base, &word, 4)) {
        result = (npu_result){.fault = NPU_FAULT_BUS, .region = NPU_REGIONS, .address = queue_base};
    }
    return result;
}

static bool read_memory(void *context, uint64_t address, void *data, uint32_t bytes) {
    (void)context, (void)address;
    memset(data, 0, bytes);
    return true;
}

static bool write_memory(void *context, uint64_t address, const void *data, uint32_t bytes) {
    (void)context, (void)address, (void)data, (void)bytes;
    return true;
}

static void set_interrupt(void *context, bool is_raised) {
    (void)context;
    if (is_raised && !bench.is_masked) ss_npu_interrupt(&bench.npu);
}

static npu_injection next_injection(void *context) {
    (void)context;
    const npu_injection injection = bench.injection;
    bench.injection = NPU_INJECT_NOTHING;
    return injection;
}

static void job_ended(void *context) { (void)context; }

void ss_npu_cache_clean(uintptr_t address, uint32_t bytes) {
    (void)address;
    bench.cleaned += bytes;
}

void ss_npu_cache_invalidate(uintptr_t address, uint32_t bytes) {
    (void)address;
    bench.invalidated += bytes;
}

void ss_npu_timer_start(uint32_t milliseconds) {
    bench.timer_ms = milliseconds;
    bench.timer_polls = 0;
}

bool ss_npu_timer_is_over(void) { return bench.timer_polls++ >= bench.timer_ms; }

void ss_npu_timer_stop(void) { bench.timer_stops++; }

void ss_npu_sleep(void) {
    if (++bench.sleeps == bench.sleeps_until_late) ss_npu_interrupt(&bench.npu);
}

/* Power on an NPU of `macs`. */
void bench_power_on(uint32_t macs) {
    const npu_environment environment = {
        .config = {.macs_per_cycle = macs},
        .memory = {.read = read_memory, .write = write_memory},
        .set_interrupt = set_interrupt,
        .next_injection = next_injection,
        .job_ended = job_ended,
    };
    memset(&bench, 0, sizeof bench);
    bench.result = (npu_result){.fault = NPU_OK, .irq_mask = 0xFFFF};
    npu_registers_init(&bench.registers, &environment);
}

int bench_init(uint32_t macs, bool is_user, bool is_non_secure, uint32_t timeout_ms) {
    return (int)ss_npu_init(&bench.npu, &(ss_npu_config){.base = BASE,
                                                         .macs = (uint16_t)macs,
                                                         .is_user = is_user,
                                                         .is_non_secure = is_non_secure,
                                                         .timeout_ms = (uint16_t)timeout_ms,
                                                         .queue_memory = 2,
                                                         .region_memory = 0x0027});
}

int bench_init_polled(uint32_t macs, uint32_t timeout_ms) {
    const ss_npu_config config = {.base = BASE, .macs = (uint16_t)macs, .is_polled = true, .timeout_ms = (uint16_t)timeout_ms};
    return (int)ss_npu_init(&bench.npu, &config);
}

int bench_init_nowhere(void) { return (int)ss_npu_init(&bench.npu, &(ss_npu_config){.macs = 128, .timeout_ms = 10}); }

/* Run a job at `commands` with `region_count` regions at 0x20000000 + 0x1000 · i, each with 100 · i bytes to maintain. */
int bench_run(uintptr_t commands, uint32_t bytes, uint32_t region_count) {
    ss_npu_region regions[SS_NPU_REGIONS + 1];
    for (uint32_t i = 0; i <= (uint32_t)SS_NPU_REGIONS; i++) {
        regions[i] = (ss_npu_region){.address = 0x20000000u + 0x1000u * i, .bytes = 100u * i};
    }
    const ss_npu_job job = {.commands = (const void *)commands, .command_bytes = bytes};
    return (int)ss_npu_run(&bench.npu, &job, regions, region_count);
}

int bench_reset(void) { return (int)ss_npu_reset(&bench.npu); }
int bench_acquire(void) { return (int)ss_npu_acquire(&bench.npu); }
void bench_release(void) { ss_npu_release(&bench.npu); }
void bench_set_result(int fault, uint32_t offset, uint32_t region, bool is_write, uint32_t irq_mask) {
    bench.result = (npu_result){
        .fault = (npu_fault)fault, .offset = offset, .region = region, .write = is_write, .irq_mask = (uint16_t)irq_mask};
}
void bench_set_cycles(uint64_t cycles) { bench.counts.mac_cycles = cycles; }
void bench_inject(int injection) { bench.injection = (npu_injection)injection; }
void bench_set_absent(bool is_absent) { bench.is_absent = is_absent; }
void bench_set_stubborn(bool is_stubborn) { bench.is_stubborn = is_stubborn; }
void bench_hold_interrupt(uint32_t sleeps) {
    bench.is_masked = true;
    bench.sleeps_until_late = sleeps;
}
uint32_t bench_register(uint32_t offset) { return npu_registers_read(&bench.registers, offset); }
void bench_write_register(uint32_t offset, uint32_t value) { npu_registers_write(&bench.registers, offset, value); }
void bench_forget_accesses(void) { bench.access_count = 0; }
uint32_t bench_access_count(void) { return bench.access_count; }
uint32_t bench_access(uint32_t index, uint32_t part) { return bench.accesses[index][part]; }
uint64_t bench_seen_base(uint32_t region) { return bench.seen_bases[region]; }
uint64_t bench_seen_queue(void) { return bench.seen_queue; }
uint32_t bench_seen_bytes(void) { return bench.seen_bytes; }
uint32_t bench_timer_stops(void) { return bench.timer_stops; }
uint32_t bench_cleaned(void) { return bench.cleaned; }
uint32_t bench_invalidated(void) { return bench.invalidated; }
uint32_t bench_jobs(void) { return ss_npu_jobs(&bench.npu); }
uint64_t bench_cycles(void) { return ss_npu_cycles(&bench.npu); }
uint64_t bench_device_jobs(void) { return bench.registers.totals.jobs; }
uint32_t bench_fault(uint32_t part) {
    const ss_npu_fault *const fault = ss_npu_last_fault(&bench.npu);
    const uint32_t parts[] = {(uint32_t)fault->error, fault->job, fault->status, fault->queue_offset, fault->interface, fault->channel};
    return parts[part];
}
