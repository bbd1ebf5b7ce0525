/* Look-up of QEMU's functions. */
#include "qemu_v7.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static bool find(const char *name, void *function) {
    void *const symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &symbol, sizeof symbol); /* ISO C has no conversion from object to function pointers */
    if (symbol == NULL) {
        fprintf(stderr,
                "skipstone NPU: this qemu-system-arm does not export '%s', so it cannot have an NPU; use Debian's "
                "qemu-system-arm 7.2\n",
                name);
    }
    return symbol != NULL;
}

bool qemu_functions_find(qemu_functions *functions) {
    return find("get_system_memory", &functions->get_system_memory) &&
           find("memory_region_init_io", &functions->region_init_io) &&
           find("memory_region_add_subregion_overlap", &functions->add_subregion_overlap) &&
           find("object_resolve_path_type", &functions->resolve_path_type) &&
           find("qdev_get_gpio_in", &functions->get_gpio_in) && find("qemu_set_irq", &functions->set_irq) &&
           find("qemu_get_cpu", &functions->get_cpu) &&
           find("cpu_get_address_space", &functions->get_address_space) &&
           find("address_space_rw", &functions->address_space_rw);
}
