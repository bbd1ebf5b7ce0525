/* The input of the benchmark. */
#include "input_buffer.h"

#include "model.h"
#include "number.h"
#include "text.h"

enum {
    BUFFER_BYTES = SS_MLPERF_STEPS * MODEL_FEATURE_COUNT,
    PRINT_DEFAULT = 16,
    PRINT_COLUMNS = 8,
};

static _Alignas(SS_ALIGNMENT) uint8_t buffer[BUFFER_BYTES];
static uint32_t expected; /* 0: no load is under way */
static uint32_t loaded;

void ss_buffer_load(const char *bytes) {
    uint32_t count = 0;
    if (!ss_number_parse(bytes, &count) || count == 0u) {
        ss_text("e-[Command 'db load' must be >0 bytes]");
    } else if (count > BUFFER_BYTES) {
        ss_text("e-[Supplied buffer size ");
        ss_text_unsigned(count);
        ss_text(" exceeds maximum of ");
        ss_text_unsigned(BUFFER_BYTES);
        ss_text("]");
    } else if (count % MODEL_FEATURE_COUNT != 0u) {
        ss_text("e-[Supplied buffer size ");
        ss_text_unsigned(count);
        ss_text(" is no multiple of ");
        ss_text_unsigned(MODEL_FEATURE_COUNT);
        ss_text("]");
    } else {
        expected = count;
        loaded = 0;
        ss_text("m-[Expecting ");
        ss_text_unsigned(count);
        ss_text(" bytes]");
    }
    ss_text_end();
}

/* 0 … 15, or −1. */
static int32_t digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/* Check all digits before any byte is stored. Returns the number of bytes, or 0 with an error written. */
static uint32_t check_digits(const char *digits) {
    uint32_t count = 0;
    for (; digits[count] != '\0'; count++) {
        if (digit_value(digits[count]) < 0) {
            const char pair[3] = {digits[count & ~1u], digits[count | 1u], '\0'};
            ss_text("e-[Invalid hex digit '");
            ss_text_printable(pair);
            ss_text("']");
            ss_text_end();
            return 0;
        }
    }
    if (count % 2u != 0u) {
        ss_text("e-[Insufficent number of hex digits]"); /* spelled as the reference does */
        ss_text_end();
        return 0;
    }
    return count / 2u;
}

void ss_buffer_append(const char *digits) {
    const uint32_t count = check_digits(digits);
    if (count == 0u) return;
    if (count > expected - loaded) {
        ss_text(expected == 0u ? "e-['db load' must come first]" : "e-[More bytes than 'db load' announced]");
        ss_text_end();
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        buffer[loaded++] = (uint8_t)(digit_value(digits[2u * i]) << 4 | digit_value(digits[2u * i + 1u]));
    }
    if (loaded == expected) {
        ss_text("m-load-done");
        ss_text_end();
    }
}

void ss_buffer_print(const char *count, const char *offset) {
    uint32_t size = PRINT_DEFAULT;
    uint32_t first = 0;
    if ((count != NULL && !ss_number_parse(count, &size)) || (offset != NULL && !ss_number_parse(offset, &first))) {
        ss_text("e-[Command 'db print' takes two numbers]");
        ss_text_end();
        return;
    }
    const uint32_t there = first < loaded ? loaded - first : 0u;
    if (size > there) size = there;
    for (uint32_t i = 0; i < size; i++) {
        ss_text(i % PRINT_COLUMNS == 0u ? "m-buffer-" : "-");
        ss_text_hex(buffer[first + i]);
        if (i % PRINT_COLUMNS == PRINT_COLUMNS - 1u || i + 1u == size) ss_text_end();
    }
}

const int8_t *ss_buffer_input(uint32_t *steps) {
    if (expected == 0u || loaded != expected) {
        ss_text("e-[Input is not loaded: ");
        ss_text_unsigned(loaded);
        ss_text(" of ");
        ss_text_unsigned(expected == 0u ? MODEL_FEATURE_COUNT : expected);
        ss_text(" bytes]");
        ss_text_end();
        return NULL;
    }
    *steps = expected / MODEL_FEATURE_COUNT;
    return (const int8_t *)buffer;
}
