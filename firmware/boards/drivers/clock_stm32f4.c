/*
 * STM32F405/407/415/417: 168 MHz from the PLL, fed by the crystal, or by the internal 16 MHz oscillator where the crystal does not start.
 * APB1 42 MHz, APB2 84 MHz. Source: ST RM0090, 3.5 (flash wait states), 5.4 (PWR), 6.3 (RCC).
 */
#include "board_config.h"
#include "hal.h"
#include "registers.h"

#define FLASH_ACR 0x40023C00u
#define PWR_CR 0x40007000u
#define RCC_CR 0x40023800u
#define RCC_PLLCFGR 0x40023804u
#define RCC_CFGR 0x40023808u
#define RCC_APB1ENR 0x40023840u

enum {
    CR_HSION = 1 << 0,
    CR_HSEON = 1 << 16,
    CR_HSERDY = 1 << 17,
    CR_PLLON = 1 << 24,
    CR_PLLRDY = 1 << 25,
    APB1ENR_PWREN = 1 << 28,
    PWR_CR_VOS = 1 << 14,        /* scale 1, needed above 144 MHz */
    CFGR_SWS_MASK = 3 << 2,
    CFGR_SWS_PLL = 2 << 2,
    CFGR_PLL_APB = 2 | (5 << 10) | (4 << 13), /* SW = PLL, APB1 = AHB / 4, APB2 = AHB / 2 */
    ACR_168MHZ = 5 | (1 << 8) | (1 << 9) | (1 << 10), /* 5 wait states at 2.7–3.6 V, prefetch, both caches */
    PLL_N = 336,
    PLL_Q = 7,
    PLLCFGR_HSE = 1 << 22,
    HSI_HZ = 16000000,
    WAIT_LIMIT = 200000, /* polls: about 50 ms at 16 MHz, ten times the crystal's start-up time */
};

static uint32_t uart_hz = HSI_HZ;

static bool wait_for(uint32_t address, uint32_t mask, uint32_t value) {
    for (uint32_t i = 0; i < (uint32_t)WAIT_LIMIT; i++) {
        if ((ss_register_read(address) & mask) == value) return true;
    }
    return false;
}

/* Start the crystal; returns the PLL's input selection and divider. */
static uint32_t select_source(void) {
    if (SS_CRYSTAL_HZ != 0u) {
        ss_register_set(RCC_CR, CR_HSEON);
        if (wait_for(RCC_CR, CR_HSERDY, CR_HSERDY)) return PLLCFGR_HSE | (SS_CRYSTAL_HZ / 1000000u);
    }
    return HSI_HZ / 1000000u;
}

void ss_clock_init(void) {
    if ((ss_register_read(RCC_CR) & CR_HSION) == 0u) return; /* set after reset on the part: here RCC is not modelled */
    if ((ss_register_read(RCC_CFGR) & CFGR_SWS_MASK) != CFGR_SWS_PLL) {
        ss_register_set(RCC_APB1ENR, APB1ENR_PWREN);
        ss_register_set(PWR_CR, PWR_CR_VOS);
        ss_register_write(RCC_PLLCFGR, select_source() | ((uint32_t)PLL_N << 6) | ((uint32_t)PLL_Q << 24)); /* P = 2 */
        ss_register_set(RCC_CR, CR_PLLON);
        if (!wait_for(RCC_CR, CR_PLLRDY, CR_PLLRDY)) return;
        ss_register_write(FLASH_ACR, ACR_168MHZ);
        ss_register_write(RCC_CFGR, CFGR_PLL_APB);
        if (!wait_for(RCC_CFGR, CFGR_SWS_MASK, CFGR_SWS_PLL)) return;
    }
    uart_hz = SS_UART_BASE >= 0x40010000u ? SS_CLOCK_HZ / 2u : SS_CLOCK_HZ / 4u; /* USART1 and 6 are on APB2 */
}

uint32_t ss_clock_uart_hz(void) { return uart_hz; }
