/* Commands of the serial interface of MLPerf Tiny. */
#include "commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board_config.h"
#include "inference.h"
#include "input_buffer.h"
#include "number.h"
#include "text.h"

#define STRING_OF(name) #name
#define EXPAND(name) STRING_OF(name) /* quotes do not survive in a compiler flag on their way through the build */

enum { MOST_WORDS = 4, DEFAULT_WARMUPS = 10 };

#define FIRMWARE "ULPMark for tinyML Firmware V0.0.1" /* names the protocol; the runner's scripts go by the model */

typedef void ss_command_action(char *const words[MOST_WORDS]);

typedef struct ss_command_entry {
    const char *name;
    uint32_t most_words;
    ss_command_action *execute;
} ss_command_entry;

static void write_line(const char *text) {
    ss_text(text);
    ss_text_end();
}

static bool is_equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) a++, b++;
    return *a == *b;
}

static void execute_name(char *const words[MOST_WORDS]) {
    (void)words;
    write_line("m-name-dut-[" SS_BOARD_NAME "]");
}

static void execute_profile(char *const words[MOST_WORDS]) {
    (void)words;
    write_line("m-profile-[" FIRMWARE "]");
    write_line("m-model-[" EXPAND(SS_MLPERF_MODEL) "]");
}

static void write_lap(uint64_t microseconds) {
    ss_text("m-lap-us-");
    ss_text_unsigned(microseconds);
    ss_text_end();
}

/* A time of 0 must not pass for a result. */
static void warn_untimed(void) {
    if (!ss_inference_is_timed()) write_line("e-[Nothing counts cycles on this board: times are 0]");
}

static void execute_timestamp(char *const words[MOST_WORDS]) {
    (void)words;
    warn_untimed();
    write_lap(ss_inference_microseconds());
}

static void execute_help(char *const words[MOST_WORDS]) {
    (void)words;
    write_line(FIRMWARE);
    write_line("help                       print this");
    write_line("name                       name of the device");
    write_line("profile                    protocol and model");
    write_line("timestamp                  microseconds since the start");
    write_line("db load N                  expect N bytes of input");
    write_line("db HH[HH]*                 the next bytes");
    write_line("db print [N=16] [offset=0] show the input");
    write_line("infer [N=1] [W=10]         N inferences after W that are not timed");
    write_line("results                    the last result");
}

static void execute_db(char *const words[MOST_WORDS]) {
    if (words[1] == NULL) {
        write_line("e-[Command 'db' requires a subcommand]");
    } else if (is_equal(words[1], "print")) {
        ss_buffer_print(words[2], words[3]);
    } else if (is_equal(words[1], "load") && words[3] == NULL) {
        ss_buffer_load(words[2]);
    } else if (words[2] == NULL) {
        ss_buffer_append(words[1]);
    } else {
        write_line("e-[Too many arguments]");
    }
}

/* Run `count` inferences; false with an error written when one fails. */
static bool run(const int8_t *input, uint32_t steps, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const ss_status status = ss_inference_run(input, steps);
        if (status != SS_OK) {
            ss_text("e-[The model returns status ");
            ss_text_unsigned((uint64_t)status);
            write_line("]");
            return false;
        }
    }
    return true;
}

static void infer(const int8_t *input, uint32_t steps, uint32_t count, uint32_t warmups) {
    warn_untimed();
    ss_text("m-warmup-start-");
    ss_text_unsigned(warmups);
    ss_text_end();
    if (!run(input, steps, warmups)) return;
    write_line("m-warmup-done");
    ss_text("m-infer-start-");
    ss_text_unsigned(count);
    ss_text_end();
    const uint64_t begin = ss_inference_microseconds();
    if (!run(input, steps, count)) return;
    const uint64_t end = ss_inference_microseconds();
    write_lap(begin); /* not before the run: at 9600 baud the line would take 20 ms of the measured time */
    write_lap(end);
    write_line("m-infer-done");
    ss_inference_print_result();
}

static void execute_infer(char *const words[MOST_WORDS]) {
    uint32_t count = 1;
    uint32_t warmups = DEFAULT_WARMUPS;
    uint32_t steps = 0;
    if (words[1] != NULL && (!ss_number_parse(words[1], &count) || count == 0u)) {
        write_line("e-[Inference iterations must be >0]");
        return;
    }
    if (words[2] != NULL && !ss_number_parse(words[2], &warmups)) {
        write_line("e-[Inference warmup must be >=0]");
        return;
    }
    if (ss_inference_ready() != SS_OK) {
        ss_text("e-[The model could not be started: status ");
        ss_text_unsigned((uint64_t)ss_inference_ready());
        write_line("]");
        return;
    }
    const int8_t *const input = ss_buffer_input(&steps);
    if (input != NULL) infer(input, steps, count, warmups);
}

static void execute_results(char *const words[MOST_WORDS]) {
    (void)words;
    if (ss_inference_has_result()) {
        ss_inference_print_result();
    } else {
        write_line("e-[No result: 'infer' must come first]");
    }
}

static const ss_command_entry entries[] = {
    {"name", 1, execute_name},   {"profile", 1, execute_profile}, {"timestamp", 1, execute_timestamp},
    {"help", 1, execute_help},   {"db", 4, execute_db},           {"infer", 3, execute_infer},
    {"results", 1, execute_results},
};

/* Cut at blanks; returns the number of words, of which the first MOST_WORDS are stored. The others are NULL. */
static uint32_t cut(char *command, char *words[MOST_WORDS]) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < MOST_WORDS; i++) words[i] = NULL;
    bool inside = false;
    for (; *command != '\0'; command++) {
        if (*command == ' ') {
            *command = '\0';
            inside = false;
        } else if (!inside) {
            if (count < MOST_WORDS) words[count] = command;
            count++;
            inside = true;
        }
    }
    return count;
}

void ss_mlperf_execute(char *command) {
    char *words[MOST_WORDS];
    const uint32_t count = cut(command, words);
    if (count == 0u) return; /* a lone end mark: the runner flushes the line with it */
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!is_equal(words[0], entries[i].name)) continue;
        if (count > entries[i].most_words) {
            write_line("e-[Too many arguments]");
        } else {
            entries[i].execute(words);
        }
        return;
    }
    ss_text("e-[Unknown command: ");
    ss_text_printable(words[0]);
    write_line("]");
}
