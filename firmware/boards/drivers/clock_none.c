/* A board whose clocks run at SS_CLOCK_HZ from reset. */
#include "board_config.h"
#include "hal.h"

void ss_clock_init(void) {}

uint32_t ss_clock_uart_hz(void) { return SS_CLOCK_HZ; }
