/* HAL of the host build: the serial port is standard input and output, every reading of the counters advances them by 10 and 20. */
#include <string.h>
#include <unistd.h>

#include "hal.h"
#include "ss_protocol.h"

enum { STACK_BYTES = 4096, STACK_TOUCHED = 1000 };

static ss_fault_record record;
static uint8_t painted_stack[STACK_BYTES];
static ss_counters counts;

void ss_clock_init(void) {}
uint32_t ss_clock_uart_hz(void) { return 1000000u; }
void ss_uart_init(void) {}
uint32_t ss_uart_overruns(void) { return 7u; }

size_t ss_uart_read(uint8_t *bytes, size_t capacity) {
    const ssize_t count = read(STDIN_FILENO, bytes, capacity);
    return count > 0 ? (size_t)count : 0u;
}

void ss_uart_write(const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written <= 0) _exit(3);
        bytes += written;
        count -= (size_t)written;
    }
}

uint8_t ss_counters_init(void) { return SSP_COUNTER_KIND_VIRTUAL; }

void ss_counters_read(ss_counters *counters) {
    counts.instructions += 10u;
    counts.cycles += 20u;
    *counters = counts;
}

ss_memory_map ss_memory_layout(void) {
    memset(painted_stack, SS_STACK_PAINT, sizeof painted_stack);
    memset(painted_stack + STACK_BYTES - STACK_TOUCHED, 0, STACK_TOUCHED);
    return (ss_memory_map){
        .stack = painted_stack, .stack_bytes = STACK_BYTES, .static_bytes = 20000u, .image_bytes = 30000u};
}

ss_fault_record *ss_fault_state(void) { return &record; }

void ss_fault_provoke(void) { record.count++; }
