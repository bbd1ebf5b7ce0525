/* Text to the serial port. */
#include "text.h"

#include "hal.h"

enum { MOST_DIGITS = 20 }; /* of a uint64_t */

void ss_text(const char *text) {
    for (; *text != '\0'; text++) ss_uart_write((const uint8_t *)text, 1);
}

void ss_text_printable(const char *text) {
    for (; *text != '\0'; text++) {
        const uint8_t byte = (uint8_t)*text;
        const uint8_t shown = byte >= 0x20u && byte < 0x7Fu ? byte : (uint8_t)'?';
        ss_uart_write(&shown, 1);
    }
}

/* Decimal digits of `value`, at least `width` of them. */
static void write_digits(uint64_t value, uint32_t width) {
    uint8_t digits[MOST_DIGITS];
    uint32_t count = 0;
    while (value > 0 || count < width) {
        digits[MOST_DIGITS - ++count] = (uint8_t)('0' + (char)(value % 10u));
        value /= 10u;
    }
    ss_uart_write(digits + MOST_DIGITS - count, count);
}

void ss_text_unsigned(uint64_t value) { write_digits(value, 1); }

void ss_text_hex(uint8_t value) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t pair[2] = {(uint8_t)digits[value >> 4], (uint8_t)digits[value & 15u]};
    ss_uart_write(pair, sizeof pair);
}

void ss_text_fixed(int64_t units) {
    const uint64_t magnitude = units < 0 ? 0u - (uint64_t)units : (uint64_t)units;
    if (units < 0) ss_text("-");
    write_digits(magnitude / SS_TEXT_UNITS, 1);
    ss_text(".");
    write_digits(magnitude % SS_TEXT_UNITS, SS_TEXT_DECIMALS);
}

void ss_text_end(void) { ss_text("\r\n"); }
