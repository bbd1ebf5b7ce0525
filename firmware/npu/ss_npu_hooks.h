/* ss_npu_hooks.h: what the board's vectors and start-up need of the default hooks. */
#ifndef SS_NPU_HOOKS_H
#define SS_NPU_HOOKS_H

#include <stdint.h>

/* Exception handler of SysTick. */
void ss_npu_tick_handler(void);

/* Tell the default timer the core's clock; at most 1.6 GHz. Call once before the first job. */
void ss_npu_timer_init(uint32_t clock_hz);

#endif
