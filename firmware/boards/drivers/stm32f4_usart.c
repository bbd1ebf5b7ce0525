/* USART of the STM32F4 series. Source: ST RM0090, chapters 6 (RCC), 8 (GPIO) and 30 (USART). */
#include "board_config.h"
#include "hal.h"
#include "receive_ring.h"
#include "registers.h"

#define USART_SR (SS_UART_BASE + 0x00u)
#define USART_DR (SS_UART_BASE + 0x04u)
#define USART_BRR (SS_UART_BASE + 0x08u)
#define USART_CR1 (SS_UART_BASE + 0x0Cu)
#define RCC_AHB1ENR 0x40023830u
#define RCC_APB1ENR 0x40023840u
#define RCC_APB2ENR 0x40023844u
#define GPIO_MODER(port) ((port) + 0x00u)
#define GPIO_PUPDR(port) ((port) + 0x0Cu)
#define GPIO_AFR(port, pin) ((port) + 0x20u + 4u * ((pin) / 8u))

enum {
    SR_ORE = 1 << 3,
    SR_RXNE = 1 << 5,
    SR_TXE = 1 << 7,
    CR1_RE = 1 << 2,
    CR1_TE = 1 << 3,
    CR1_RXNEIE = 1 << 5,
    CR1_UE = 1 << 13,
    MODE_ALTERNATE = 2,
    PULL_UP = 1,
    GPIO_SPACING = 0x400,
};

static ss_receive_ring ring;
static volatile uint32_t overruns;

void ss_uart_receive_handler(void);

void ss_uart_receive_handler(void) {
    uint32_t status = ss_register_read(USART_SR);
    while ((status & (SR_RXNE | SR_ORE)) != 0u) {
        if ((status & SR_ORE) != 0u) overruns++; /* cleared by reading SR, then DR */
        if (ss_ring_is_full(&ring)) {            /* leave the byte in the receiver; ss_uart_read unmasks */
            ss_register_clear(USART_CR1, CR1_RXNEIE);
            return;
        }
        const uint8_t byte = (uint8_t)ss_register_read(USART_DR);
        if ((status & SR_RXNE) != 0u) ss_ring_put(&ring, byte);
        status = ss_register_read(USART_SR);
    }
}

static void enable_clocks(void) {
    ss_register_set(RCC_AHB1ENR, 1u << ((SS_UART_TX_PORT - 0x40020000u) / GPIO_SPACING));
    ss_register_set(RCC_AHB1ENR, 1u << ((SS_UART_RX_PORT - 0x40020000u) / GPIO_SPACING));
    if (SS_UART_BASE >= 0x40010000u) {
        ss_register_set(RCC_APB2ENR, SS_UART_BASE == 0x40011000u ? 1u << 4 : 1u << 5); /* USART1, USART6 */
    } else {
        ss_register_set(RCC_APB1ENR, 1u << ((17u + (SS_UART_BASE - 0x40004400u) / 0x400u) & 31u)); /* USART2, 3, UART4, 5 */
    }
}

static void configure_pin(uint32_t port, uint32_t pin) {
    const uint32_t nibble = 4u * (pin % 8u);
    ss_register_clear(GPIO_AFR(port, pin), 0xFu << nibble);
    ss_register_set(GPIO_AFR(port, pin), (uint32_t)SS_UART_ALTERNATE_FUNCTION << nibble);
    ss_register_clear(GPIO_PUPDR(port), 3u << (2u * pin));
    ss_register_set(GPIO_PUPDR(port), (uint32_t)PULL_UP << (2u * pin));
    ss_register_clear(GPIO_MODER(port), 3u << (2u * pin));
    ss_register_set(GPIO_MODER(port), (uint32_t)MODE_ALTERNATE << (2u * pin));
}

void ss_uart_init(void) {
    enable_clocks();
    configure_pin(SS_UART_TX_PORT, SS_UART_TX_PIN);
    configure_pin(SS_UART_RX_PORT, SS_UART_RX_PIN);
    ss_register_write(USART_CR1, 0u);
    ss_register_write(USART_BRR, (ss_clock_uart_hz() + SS_UART_BAUD / 2u) / SS_UART_BAUD); /* oversampling by 16 */
    ss_register_write(USART_CR1, CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE);
    (void)ss_register_read(USART_SR);
    (void)ss_register_read(USART_DR);
    ss_interrupt_enable(SS_UART_IRQ);
    ss_interrupts_unmask();
}

size_t ss_uart_read(uint8_t *bytes, size_t capacity) {
    ss_ring_wait(&ring);
    const size_t count = ss_ring_get(&ring, bytes, capacity);
    ss_interrupts_mask();
    ss_register_set(USART_CR1, CR1_RXNEIE);
    ss_interrupts_unmask();
    return count;
}

void ss_uart_write(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        while ((ss_register_read(USART_SR) & SR_TXE) == 0u) continue;
        ss_register_write(USART_DR, bytes[i]);
    }
}

uint32_t ss_uart_overruns(void) { return overruns; }
