/* The NPU as a device of QEMU: see device.h. */
#include "device.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu_v7.h"
#include "registers.h"

enum {
    MOST_RANGES = 8,
    MOST_PATH = 512,
    COUNTS_BYTES = 1024,
    NVIC_INTERRUPTS = 480,
    SECURE_SPACE = 1, /* index of the address space of Secure accesses on a core with TrustZone */
    NON_SECURE_SPACE = 0,
    PROT_NON_SECURE = 1 << 1,
};

/* A job that would take a host more than minutes is a damaged one. */
static const uint64_t most_macs = UINT64_C(1) << 32;

typedef struct {
    uint64_t first;
    uint64_t last;
} range;

static struct {
    uint64_t base;
    unsigned long irq;
    uint32_t macs;
    range reach[MOST_RANGES];
    size_t reach_count;
    char counts_path[MOST_PATH];
    char injection_path[MOST_PATH];
    bool has_irq;
    qemu_functions qemu;
    npu_registers registers;
    void *interrupt; /* found when it is first raised: the interrupt inputs are made after the processor */
    uint64_t region[QEMU_MEMORY_REGION_BYTES / sizeof(uint64_t)];
} device;

static bool parse_number(const char *text, unsigned long most, unsigned long *number) {
    char *end = NULL;
    *number = strtoul(text, &end, 0);
    return end != text && *end == '\0' && *number <= most;
}

static bool parse_reach(const char *text) {
    const char *next = text;
    while (device.reach_count < (size_t)MOST_RANGES) {
        range *const added = &device.reach[device.reach_count];
        int used = 0;
        if (sscanf(next, "%" SCNx64 "-%" SCNx64 "%n", &added->first, &added->last, &used) != 2) return false;
        if (added->last < added->first) return false;
        device.reach_count++;
        next += used;
        if (*next == '\0') return true;
        if (*next++ != ':') return false;
    }
    return false;
}

static bool parse_folder(const char *folder) {
    const int counts = snprintf(device.counts_path, MOST_PATH, "%s/npu-counts.json", folder);
    const int injection = snprintf(device.injection_path, MOST_PATH, "%s/npu-inject", folder);
    return counts < MOST_PATH && injection < MOST_PATH;
}

static bool parse_macs(const char *text) {
    unsigned long macs = 0;
    if (!parse_number(text, 256, &macs) || (macs != 32 && macs != 64 && macs != 128 && macs != 256)) return false;
    device.macs = (uint32_t)macs;
    return true;
}

bool npu_device_argument(const char *argument, bool *is_valid) {
    const char *const value = strchr(argument, '=');
    const size_t length = value != NULL ? (size_t)(value - argument) : 0;
    if (length == 8 && memcmp(argument, "npu-base", length) == 0) {
        unsigned long base = 0;
        *is_valid = parse_number(value + 1, 0xFFFFF000ul, &base) && base != 0;
        device.base = base;
    } else if (length == 7 && memcmp(argument, "npu-irq", length) == 0) {
        *is_valid = device.has_irq = parse_number(value + 1, NVIC_INTERRUPTS - 1, &device.irq);
    } else if (length == 8 && memcmp(argument, "npu-macs", length) == 0) {
        *is_valid = parse_macs(value + 1);
    } else if (length == 9 && memcmp(argument, "npu-reach", length) == 0) {
        *is_valid = parse_reach(value + 1);
    } else if (length == 10 && memcmp(argument, "npu-folder", length) == 0) {
        *is_valid = parse_folder(value + 1);
    } else {
        return false;
    }
    return true;
}

static bool access_memory(uint64_t address, void *data, uint32_t bytes, bool is_write) {
    const uint64_t last = address + bytes - 1u;
    bool is_reached = false;
    for (size_t i = 0; i < device.reach_count; i++) {
        is_reached |= address >= device.reach[i].first && last <= device.reach[i].last && last >= address;
    }
    if (!is_reached) return false;
    const bool is_secure = (device.registers.protection & (uint32_t)PROT_NON_SECURE) == 0;
    void *const space = device.qemu.get_address_space(device.qemu.get_cpu(0), is_secure ? SECURE_SPACE : NON_SECURE_SPACE);
    const qemu_attributes attributes = {.secure = is_secure};
    return device.qemu.address_space_rw(space, address, attributes, data, bytes, is_write) == 0;
}

static bool read_memory(void *context, uint64_t address, void *data, uint32_t bytes) {
    (void)context;
    return access_memory(address, data, bytes, false);
}

static bool write_memory(void *context, uint64_t address, const void *data, uint32_t bytes) {
    (void)context;
    return access_memory(address, (void *)(uintptr_t)data, bytes, true);
}

static void set_interrupt(void *context, bool is_raised) {
    (void)context;
    if (device.interrupt == NULL) {
        if (!is_raised) return; /* it never was */
        void *const core = device.qemu.resolve_path_type("", "armv7m", NULL); /* it holds the inputs of its NVIC */
        if (core == NULL) {
            fprintf(stderr, "skipstone NPU: this machine has not one Armv7-M or later core; the NPU's interrupt is lost\n");
            return;
        }
        device.interrupt = device.qemu.get_gpio_in(core, (int)device.irq);
    }
    device.qemu.set_irq(device.interrupt, is_raised);
}

static npu_injection next_injection(void *context) {
    static const char *const names[] = {"", "missing-interrupt", "hang", "bus", "ecc", "reset"};
    char text[32] = "";
    (void)context;
    const int file = open(device.injection_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return NPU_INJECT_NOTHING;
    const ssize_t length = read(file, text, sizeof text - 1u);
    close(file);
    unlink(device.injection_path);
    if (length > 0) text[strcspn(text, "\n")] = '\0';
    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) return (npu_injection)i;
    }
    fprintf(stderr, "skipstone NPU: unknown NPU injection '%s'\n", text);
    return NPU_INJECT_NOTHING;
}

/* The sums as one JSON object, padded to a constant length so that a shorter text leaves no rest of a longer one. */
static void job_ended(void *context) {
    const npu_totals *const totals = &device.registers.totals;
    const npu_result *const last = &device.registers.last;
    char text[COUNTS_BYTES];
    (void)context;
    int length = snprintf(text, sizeof text,
                          "{\"jobs\": %" PRIu64 ", \"faults\": %" PRIu64 ", \"cycles\": %" PRIu64 ", \"operations\": %" PRIu64
                          ", \"macs\": %" PRIu64 ", \"bytes_read\": %" PRIu64 ", \"bytes_written\": %" PRIu64
                          ", \"last_fault\": \"%s\", \"last_offset\": %" PRIu32 ", \"last_text\": \"",
                          totals->jobs, totals->faults, totals->cycles, totals->operations, totals->macs, totals->bytes_read,
                          totals->bytes_written, npu_fault_name(last->fault), last->offset);
    for (const char *c = last->text; *c != '\0' && length < COUNTS_BYTES - 4; c++) {
        text[length++] = *c == '"' || *c == '\\' || (unsigned char)*c < 0x20 ? '\'' : *c;
    }
    text[length++] = '"';
    text[length++] = '}';
    memset(text + length, ' ', (size_t)(COUNTS_BYTES - length));
    text[COUNTS_BYTES - 1] = '\n';
    const int file = open(device.counts_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || pwrite(file, text, sizeof text, 0) != (ssize_t)sizeof text) {
        fprintf(stderr, "skipstone NPU: cannot write %s\n", device.counts_path);
    }
    if (file >= 0) close(file);
}

static uint64_t read_register(void *opaque, uint64_t offset, unsigned size) {
    (void)opaque, (void)size;
    return npu_registers_read(&device.registers, (uint32_t)offset);
}

static void write_register(void *opaque, uint64_t offset, uint64_t value, unsigned size) {
    (void)opaque, (void)size;
    npu_registers_write(&device.registers, (uint32_t)offset, (uint32_t)value);
}

bool npu_device_prepare(void) {
    if (device.base == 0 || !device.has_irq || device.macs == 0 || device.reach_count == 0 || device.counts_path[0] == '\0') {
        fprintf(stderr, "skipstone NPU: an NPU needs npu-base, npu-irq, npu-macs, npu-reach and npu-folder\n");
        return false;
    }
    return qemu_functions_find(&device.qemu);
}

void npu_device_create(void) {
    static const qemu_region_operations operations = {
        .read = read_register,
        .write = write_register,
        .endianness = QEMU_LITTLE_ENDIAN,
        .valid = {.min_access_size = 4, .max_access_size = 4},
        .impl = {.min_access_size = 4, .max_access_size = 4},
    };
    const npu_environment environment = {
        .config = {.macs_per_cycle = device.macs, .max_macs = most_macs},
        .memory = {.read = read_memory, .write = write_memory},
        .set_interrupt = set_interrupt,
        .next_injection = next_injection,
        .job_ended = job_ended,
    };
    npu_registers_init(&device.registers, &environment);
    device.qemu.region_init_io(device.region, NULL, &operations, NULL, "skipstone-ethos-u55", NPU_REGISTER_BYTES);
    device.qemu.add_subregion_overlap(device.qemu.get_system_memory(), device.base, device.region, 1);
}
