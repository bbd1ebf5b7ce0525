/* ss_npu_device.h: what the board's vectors need of its NPU. */
#ifndef SS_NPU_DEVICE_H
#define SS_NPU_DEVICE_H

/* Handler of the NPU's external interrupt. */
void ss_npu_interrupt_handler(void);

#endif
