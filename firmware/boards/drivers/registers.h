/* Registers of the Armv7-M and Armv8-M System Control Space, and access to any register. Source: Armv8-M ARM (DDI 0553), B11. */
#ifndef SS_REGISTERS_H
#define SS_REGISTERS_H

#include <stdint.h>

#define SS_ICSR 0xE000ED04u  /* Interrupt Control and State */
#define SS_VTOR 0xE000ED08u  /* Vector Table Offset */
#define SS_AIRCR 0xE000ED0Cu /* Application Interrupt and Reset Control */
#define SS_CCR 0xE000ED14u   /* Configuration and Control */
#define SS_CFSR 0xE000ED28u  /* Configurable Fault Status */
#define SS_HFSR 0xE000ED2Cu  /* HardFault Status */
#define SS_MMFAR 0xE000ED34u /* MemManage Fault Address */
#define SS_BFAR 0xE000ED38u  /* BusFault Address */
#define SS_MPU_CTRL 0xE000ED94u
#define SS_MPU_RNR 0xE000ED98u  /* region number */
#define SS_MPU_RBAR 0xE000ED9Cu /* region base address */
#define SS_MPU_RASR 0xE000EDA0u /* region attributes and size (Armv7-M) */
#define SS_CPACR 0xE000ED88u /* Coprocessor Access Control */
#define SS_DEMCR 0xE000EDFCu /* Debug Exception and Monitor Control */
#define SS_ICIALLU 0xE000EF50u /* instruction cache invalidate all */
#define SS_NVIC_ISER 0xE000E100u /* Interrupt Set-Enable, 32 interrupts a word */

static inline uint32_t ss_register_read(uint32_t address) { return *(volatile const uint32_t *)(uintptr_t)address; }

static inline void ss_register_write(uint32_t address, uint32_t value) { *(volatile uint32_t *)(uintptr_t)address = value; }

static inline void ss_register_set(uint32_t address, uint32_t bits) {
    ss_register_write(address, ss_register_read(address) | bits);
}

static inline void ss_register_clear(uint32_t address, uint32_t bits) {
    ss_register_write(address, ss_register_read(address) & ~bits);
}

static inline void ss_interrupt_enable(uint32_t irq) { ss_register_write(SS_NVIC_ISER + 4u * (irq / 32u), 1u << (irq % 32u)); }

static inline void ss_interrupts_mask(void) { __asm volatile("cpsid i" ::: "memory"); }

static inline void ss_interrupts_unmask(void) { __asm volatile("cpsie i\n\tisb" ::: "memory"); }

#endif
