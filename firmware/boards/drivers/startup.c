/* Vector table and start-up of every board: one core, Secure or no security, thread mode on the main stack. */
#include "board_config.h"
#include "fault.h"
#include "hal.h"
#include "linker_symbols.h"
#include "registers.h"
#if defined(SS_NPU)
#include "ss_npu_device.h"
#include "ss_npu_hooks.h"
#endif

typedef void (*ss_vector)(void);

enum {
    CORE_VECTORS = 16,
    CCR_INSTRUCTION_CACHE = 1 << 17,
    CCR_BRANCH_PREDICTION = 1 << 18,
    CCR_LOW_OVERHEAD_LOOPS = 1 << 19, /* Armv8.1-M */
    MPU_ENABLE = 1 << 0,
    MPU_DEFAULT_MAP = 1 << 2, /* everything else as without MPU */
    MPU_256_BYTES = 7 << 1,
    MPU_NO_EXECUTE = 1 << 28,
};

int main(void);
void Reset_Handler(void);
void ss_uart_receive_handler(void);

static void paint_stack(void) {
    uint32_t here = 0;
    __asm volatile("mov %0, sp" : "=r"(here));
    for (uint32_t *p = ss_stack_start; (uint32_t)(uintptr_t)p < here - 64u; p++) *p = 0x01010101u * SS_STACK_PAINT;
}

static void enable_core_features(void) {
    ss_register_set(SS_CPACR, 0xFu << 20); /* floating point and Helium (CP10, CP11) */
    __asm volatile("dsb\n\tisb" ::: "memory");
#if defined(__ARM_FEATURE_MVE)
    ss_register_set(SS_CCR, CCR_BRANCH_PREDICTION | CCR_LOW_OVERHEAD_LOOPS);
    __asm volatile("vmsr fpscr, %0" ::"r"(0x00040000u)); /* LTPSIZE = 4: no tail predication */
#endif
#if defined(SS_INSTRUCTION_CACHE)
    ss_register_write(SS_ICIALLU, 0u);
    ss_register_set(SS_CCR, CCR_INSTRUCTION_CACHE);
    __asm volatile("dsb\n\tisb" ::: "memory");
#endif
}

/* A stack that grows beyond its memory faults: by MSPLIM, or on Armv7-M by an MPU region without any access. */
static void guard_stack(void) {
#if defined(__ARM_ARCH_7EM__)
    ss_register_write(SS_MPU_CTRL, 0u);
    ss_register_write(SS_MPU_RNR, 0u);
    ss_register_write(SS_MPU_RBAR, (uint32_t)(uintptr_t)ss_stack_guard);
    ss_register_write(SS_MPU_RASR, MPU_NO_EXECUTE | MPU_256_BYTES | MPU_ENABLE);
    ss_register_write(SS_MPU_CTRL, MPU_ENABLE | MPU_DEFAULT_MAP);
    __asm volatile("dsb\n\tisb" ::: "memory");
#else
    __asm volatile("msr msplim, %0" ::"r"((uint32_t)(uintptr_t)ss_stack_start));
#endif
}

static void initialise_memory(void) {
    const uint32_t *from = ss_data_load;
    for (uint32_t *to = ss_data_start; to < ss_data_end; to++) *to = *from++;
    if ((uintptr_t)ss_weights_load != (uintptr_t)ss_weights_start) {
        from = ss_weights_load;
        for (uint32_t *to = ss_weights_start; to < ss_weights_end; to++) *to = *from++;
    }
    for (uint32_t *to = ss_bss_start; to < ss_bss_end; to++) *to = 0u;
}

extern const ss_vector ss_vectors[];

__attribute__((noreturn)) void Reset_Handler(void) {
    ss_register_write(SS_VTOR, (uint32_t)(uintptr_t)ss_vectors);
    enable_core_features();
    guard_stack();
    initialise_memory();
    paint_stack();
    (void)main();
    for (;;) __asm volatile("wfi");
}

#if defined(SS_NPU)
#define SS_LAST_IRQ (SS_NPU_IRQ > SS_UART_IRQ ? SS_NPU_IRQ : SS_UART_IRQ)
#define SS_TICK_HANDLER ss_npu_tick_handler
#else
#define SS_LAST_IRQ SS_UART_IRQ
#define SS_TICK_HANDLER ss_fault_entry
#endif

/* An entry that is 0 leads to a fault, which is reported. */
__attribute__((section(".vectors"), used)) const ss_vector ss_vectors[CORE_VECTORS + SS_LAST_IRQ + 1] = {
    (ss_vector)(uintptr_t)ss_stack_end,
    Reset_Handler,
    ss_fault_entry, /* NMI */
    ss_fault_entry, /* HardFault */
    ss_fault_entry, /* MemManage */
    ss_fault_entry, /* BusFault */
    ss_fault_entry, /* UsageFault */
    ss_fault_entry, /* SecureFault */
    0,
    0,
    0,
    ss_fault_entry, /* SVCall */
    ss_fault_entry, /* DebugMonitor */
    0,
    ss_fault_entry, /* PendSV */
    SS_TICK_HANDLER, /* SysTick */
    [CORE_VECTORS + SS_UART_IRQ] = ss_uart_receive_handler,
#if defined(SS_NPU)
    [CORE_VECTORS + SS_NPU_IRQ] = ss_npu_interrupt_handler,
#endif
};

ss_memory_map ss_memory_layout(void) {
    return (ss_memory_map){
        .stack = (const uint8_t *)ss_stack_start,
        .stack_bytes = (uint32_t)((uintptr_t)ss_stack_end - (uintptr_t)ss_stack_start),
        .static_bytes = (uint32_t)(uintptr_t)ss_static_bytes,
        .image_bytes = (uint32_t)(uintptr_t)ss_image_bytes,
    };
}
