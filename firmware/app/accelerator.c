/* The NPU behind the application. */
#include "accelerator.h"

#include "ss_protocol.h"

#if defined(SS_NPU)

#include "ss_npu.h"

_Static_assert((int)SSP_NPU_ERROR_ARGUMENT == (int)SS_NPU_ERROR_ARGUMENT, "errors of the NPU have one numbering");
_Static_assert((int)SSP_NPU_ERROR_TIMEOUT == (int)SS_NPU_ERROR_TIMEOUT, "errors of the NPU have one numbering");
_Static_assert((int)SSP_NPU_ERROR_BUS == (int)SS_NPU_ERROR_BUS, "errors of the NPU have one numbering");
_Static_assert((int)SSP_NPU_ERROR_REFUSED == (int)SS_NPU_ERROR_REFUSED, "errors of the NPU have one numbering");

static ss_npu_error start_error;

bool ss_accelerator_is_there(void) { return true; }

uint16_t ss_accelerator_macs(void) { return ss_npu_device.config.macs; }

void ss_accelerator_init(void) { start_error = ss_npu_device_init(); }

/* A healthy NPU is left alone: the RESET of a stream costs nothing then. */
void ss_accelerator_reset(void) {
    if (ss_accelerator_error() != 0u) start_error = ss_npu_reset(&ss_npu_device);
}

void ss_accelerator_acquire(void) { (void)ss_npu_acquire(&ss_npu_device); }

void ss_accelerator_release(void) { ss_npu_release(&ss_npu_device); }

uint32_t ss_accelerator_error(void) {
    const ss_npu_error failed = ss_npu_last_fault(&ss_npu_device)->error;
    return (uint32_t)(failed != SS_NPU_OK ? failed : start_error);
}

ss_accelerator_fault ss_accelerator_last_fault(void) {
    const ss_npu_fault *const fault = ss_npu_last_fault(&ss_npu_device);
    return (ss_accelerator_fault){
        .error = ss_accelerator_error(),
        .job = fault->job,
        .status = fault->status,
        .queue_offset = fault->queue_offset,
        .interface = fault->interface,
        .channel = fault->channel,
    };
}

ss_accelerator_counts ss_accelerator_counts_read(void) {
    return (ss_accelerator_counts){.jobs = ss_npu_jobs(&ss_npu_device), .cycles = ss_npu_cycles(&ss_npu_device)};
}

#else

bool ss_accelerator_is_there(void) { return false; }
uint16_t ss_accelerator_macs(void) { return 0; }
void ss_accelerator_init(void) {}
void ss_accelerator_reset(void) {}
void ss_accelerator_acquire(void) {}
void ss_accelerator_release(void) {}
uint32_t ss_accelerator_error(void) { return SSP_NPU_ERROR_NONE; }
ss_accelerator_fault ss_accelerator_last_fault(void) { return (ss_accelerator_fault){.error = SSP_NPU_ERROR_NONE}; }
ss_accelerator_counts ss_accelerator_counts_read(void) { return (ss_accelerator_counts){.jobs = 0}; }

#endif
