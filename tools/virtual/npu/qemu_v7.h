/*
 * What QEMU 7.2's binary exports beside its plugin interface and a device on the bus needs. Opaque pointers stand for its own types; the two
 * structs are laid out as in QEMU's include/exec/memory.h and memattrs.h of that version.
 */
#ifndef SKIPSTONE_QEMU_V7_H
#define SKIPSTONE_QEMU_V7_H

#include <stdbool.h>
#include <stdint.h>

enum { QEMU_LITTLE_ENDIAN = 2, QEMU_MEMORY_REGION_BYTES = 4096 /* more than it takes */ };

typedef struct {
    unsigned int unspecified : 1;
    unsigned int secure : 1;
    unsigned int others : 30;
} qemu_attributes;

typedef struct {
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, uint64_t value, unsigned size);
    void *read_with_attributes;
    void *write_with_attributes;
    int endianness;
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
        void *accepts;
    } valid;
    struct {
        unsigned min_access_size;
        unsigned max_access_size;
        bool unaligned;
    } impl;
} qemu_region_operations;

typedef struct {
    void *(*get_system_memory)(void);
    void (*region_init_io)(void *region, void *owner, const qemu_region_operations *operations, void *opaque, const char *name,
                           uint64_t bytes);
    void (*add_subregion_overlap)(void *parent, uint64_t offset, void *region, int priority);
    void *(*resolve_path_type)(const char *path, const char *type, bool *is_ambiguous);
    void *(*get_gpio_in)(void *device, int number);
    void (*set_irq)(void *interrupt, int level);
    void *(*get_cpu)(int index);
    void *(*get_address_space)(void *cpu, int index);
    uint32_t (*address_space_rw)(void *space, uint64_t address, qemu_attributes attributes, void *data, uint64_t bytes, bool is_write);
} qemu_functions;

/* Look all of them up in the running binary; false, with a message, if one is not exported. */
bool qemu_functions_find(qemu_functions *functions);

#endif
