/*
 * The benchmark application: a model behind the serial interface of MLPerf Tiny. Text commands end with '%'; every one of them gets its
 * lines and then exactly one `m-ready`. Nothing is written unasked, not at start either: the runner would take it for an answer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands.h"
#include "hal.h"
#include "inference.h"
#include "text.h"

static char command[SS_COMMAND_LENGTH + 1];
static uint32_t length; /* characters since the last end mark, more than SS_COMMAND_LENGTH when too long */

static void write_ready(void) {
    ss_text("m-ready");
    ss_text_end();
}

/* A fault ended the command before this start: answer it. */
static void report_fault(void) {
    ss_fault_record *const fault = ss_fault_state();
    if (fault->unreported != 0 && fault->busy != 0) {
        ss_text("e-[Processor fault ");
        ss_text_unsigned(fault->kind);
        ss_text("]");
        ss_text_end();
        write_ready();
    }
    fault->unreported = 0;
    fault->busy = 0;
}

static void serve(void) {
    ss_fault_record *const fault = ss_fault_state();
    fault->busy = 1;
    if (length > SS_COMMAND_LENGTH) {
        ss_text("e-[Command longer than ");
        ss_text_unsigned(SS_COMMAND_LENGTH);
        ss_text(" characters]");
        ss_text_end();
    } else {
        command[length] = '\0';
        ss_mlperf_execute(command);
    }
    fault->busy = 0;
    write_ready();
    length = 0;
}

static void receive(uint8_t byte) {
    if (byte == (uint8_t)SS_COMMAND_END) {
        serve();
    } else if (byte != '\r' && byte != '\n') { /* a terminal sends them */
        if (length < SS_COMMAND_LENGTH) command[length] = byte == 0u ? '?' : (char)byte;
        if (length <= SS_COMMAND_LENGTH) length++;
    }
}

int main(void) {
    uint8_t bytes[64];
    ss_clock_init();
    ss_uart_init();
    ss_inference_init(ss_fault_state()->at_start < SS_FAULT_LIMIT);
    report_fault();
    for (size_t count = 0; (count = ss_uart_read(bytes, sizeof bytes)) > 0;) {
        for (size_t i = 0; i < count; i++) receive(bytes[i]);
    }
    return 0;
}
