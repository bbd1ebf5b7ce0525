/* The NPU of the board, as board.toml describes it. */
#include "ss_npu_device.h"

#include "board_config.h"
#include "registers.h"
#include "ss_npu.h"
#include "ss_npu_hooks.h"

ss_npu ss_npu_device;

ss_npu_error ss_npu_device_init(void) {
    static const ss_npu_config config = {
        .base = SS_NPU_BASE,
        .macs = SS_NPU_MACS,
        .is_non_secure = SS_NPU_IS_NON_SECURE != 0,
        .is_polled = SS_NPU_IS_POLLED != 0,
        .timeout_ms = SS_NPU_TIMEOUT_MS,
        .queue_memory = SS_NPU_QUEUE_MEMORY,
        .region_memory = SS_NPU_REGION_MEMORY,
    };
    ss_npu_timer_init(SS_CLOCK_HZ);
    const ss_npu_error error = ss_npu_init(&ss_npu_device, &config);
    if (error == SS_NPU_OK && !config.is_polled) ss_interrupt_enable(SS_NPU_IRQ);
    return error;
}

void ss_npu_interrupt_handler(void) { ss_npu_interrupt(&ss_npu_device); }
