/* The serial application: a streaming model behind the protocol of docs/reference/protocol.md. */
#include "engine.h"
#include "hal.h"

int main(void) {
    ss_clock_init();
    ss_uart_init();
    ss_engine_run();
    return 0;
}
