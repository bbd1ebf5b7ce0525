/* CMSDK APB UART of Arm's FPGA images. Source: Cortex-M System Design Kit TRM (DDI 0479), 4.3. */
#include "board_config.h"
#include "hal.h"
#include "receive_ring.h"
#include "registers.h"

#define UART_DATA (SS_UART_BASE + 0x00u)
#define UART_STATE (SS_UART_BASE + 0x04u)
#define UART_CTRL (SS_UART_BASE + 0x08u)
#define UART_INTCLEAR (SS_UART_BASE + 0x0Cu)
#define UART_BAUDDIV (SS_UART_BASE + 0x10u)

enum {
    STATE_TX_FULL = 1 << 0,
    STATE_RX_FULL = 1 << 1,
    STATE_RX_OVERRUN = 1 << 3,
    CTRL_TX_ENABLE = 1 << 0,
    CTRL_RX_ENABLE = 1 << 1,
    CTRL_RX_INTERRUPT = 1 << 3,
    INT_RX = 1 << 1,
    BAUDDIV_MINIMUM = 16,
};

static ss_receive_ring ring;
static volatile uint32_t overruns;

void ss_uart_receive_handler(void);

void ss_uart_receive_handler(void) {
    while ((ss_register_read(UART_STATE) & STATE_RX_FULL) != 0u) {
        if (ss_ring_is_full(&ring)) { /* leave the byte in the receiver; ss_uart_read unmasks */
            ss_register_clear(UART_CTRL, CTRL_RX_INTERRUPT);
            return;
        }
        ss_ring_put(&ring, (uint8_t)ss_register_read(UART_DATA));
        ss_register_write(UART_INTCLEAR, INT_RX);
    }
    if ((ss_register_read(UART_STATE) & STATE_RX_OVERRUN) != 0u) {
        overruns++;
        ss_register_write(UART_STATE, STATE_RX_OVERRUN);
    }
}

void ss_uart_init(void) {
    const uint32_t divider = ss_clock_uart_hz() / SS_UART_BAUD;
    ss_register_write(UART_CTRL, 0u);
    ss_register_write(UART_BAUDDIV, divider < BAUDDIV_MINIMUM ? BAUDDIV_MINIMUM : divider);
    ss_register_write(UART_CTRL, CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT);
    (void)ss_register_read(UART_DATA); /* discards a stale byte; QEMU polls for input only after a read */
    ss_interrupt_enable(SS_UART_IRQ);
    ss_interrupts_unmask();
}

size_t ss_uart_read(uint8_t *bytes, size_t capacity) {
    ss_ring_wait(&ring);
    const size_t count = ss_ring_get(&ring, bytes, capacity);
    ss_interrupts_mask();
    ss_register_set(UART_CTRL, CTRL_RX_INTERRUPT);
    ss_interrupts_unmask();
    return count;
}

void ss_uart_write(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        while ((ss_register_read(UART_STATE) & STATE_TX_FULL) != 0u) continue;
        ss_register_write(UART_DATA, bytes[i]);
    }
}

uint32_t ss_uart_overruns(void) { return overruns; }
