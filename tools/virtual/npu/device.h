/*
 * An Ethos-U55 on the bus of a virtual board: register file and functional model as a device of QEMU 7.2, with its interrupt.
 *
 * It is created from the plugin's arguments
 *
 *   npu-base=ADDRESS    of the register block, 4 KiB
 *   npu-irq=NUMBER      external interrupt of the NVIC
 *   npu-macs=NUMBER     32, 64, 128 or 256
 *   npu-reach=RANGES    memory that its bus reaches: FIRST-LAST[:FIRST-LAST ...], hexadecimal
 *   npu-folder=PATH     where `npu-inject` (a file with the name of an injection) is looked for before every job, taken and removed, and
 *                       where `npu-counts.json` holds the sums of all jobs and the fault of the last one
 *
 * A job runs inside the register write that starts it: no time passes for the guest and no instruction is counted.
 */
#ifndef SKIPSTONE_NPU_DEVICE_H
#define SKIPSTONE_NPU_DEVICE_H

#include <stdbool.h>

/* Whether `argument` (NAME=VALUE) is one of the above; *is_valid says whether its value can be used. */
bool npu_device_argument(const char *argument, bool *is_valid);

/* Find QEMU's functions; false, with a message on stderr, if the arguments are incomplete or one of them is missing. */
bool npu_device_prepare(void);

/* Put the device on the bus; to be called when the processor exists. */
void npu_device_create(void);

#endif
