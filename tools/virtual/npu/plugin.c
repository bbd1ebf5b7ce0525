/*
 * An Arm Ethos-U55 for a virtual board, as a plugin of QEMU:
 *
 *   -plugin libskipstone_npu_device.so,npu-base=ADDRESS,…       the arguments are those of device.h
 */
#include <stdio.h>

#include "../plugin/qemu_plugin_v1.h"
#include "device.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = 1;

static void on_processor(qemu_plugin_id_t id, unsigned int cpu) {
    (void)id;
    if (cpu == 0) npu_device_create();
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    if (!info->system_emulation) return -1;
    for (int index = 0; index < argc; index++) {
        bool is_valid = false;
        if (!npu_device_argument(argv[index], &is_valid) || !is_valid) {
            fprintf(stderr, "skipstone NPU: argument '%s' is unknown or cannot be used\n", argv[index]);
            return -1;
        }
    }
    if (!npu_device_prepare()) return -1;
    qemu_plugin_register_vcpu_init_cb(id, on_processor);
    return 0;
}
