/* Mapping and look-up of the cost file. */
#include "cost_table.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char expected_magic[8] = {'S', 'S', 'C', 'O', 'S', 'T', '0', '1'};

static void unmap(cost_table *table) {
    if (table->header != NULL) {
        munmap((void *)(uintptr_t)table->header, table->mapped_bytes);
    }
    table->header = NULL;
    table->records = NULL;
}

static void map(cost_table *table, int descriptor, uint64_t bytes) {
    if (bytes < sizeof(cost_header)) {
        return;
    }
    void *const address = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED) {
        return;
    }
    const cost_header *const header = address;
    const bool whole = bytes >= sizeof *header + (uint64_t)header->count * sizeof(cost_record);
    if (!whole || memcmp(header->magic, expected_magic, sizeof expected_magic) != 0) {
        fprintf(stderr, "skipstone plugin: %s is not a cost file; counting one cycle an instruction\n", table->path);
        munmap(address, bytes);
        return;
    }
    table->header = header;
    table->records = (const cost_record *)(header + 1);
    table->mapped_bytes = bytes;
}

void cost_table_refresh(cost_table *table) {
    struct stat status;
    if (stat(table->path, &status) != 0) {
        unmap(table);
        table->inode = 0;
        return;
    }
    const int64_t modified_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    if (table->inode == (uint64_t)status.st_ino && table->modified_ns == modified_ns) {
        return;
    }
    unmap(table);
    table->inode = (uint64_t)status.st_ino;
    table->modified_ns = modified_ns;
    const int descriptor = open(table->path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        map(table, descriptor, (uint64_t)status.st_size);
        close(descriptor);
    }
}

const cost_record *cost_table_find(const cost_table *table, uint32_t pc) {
    if (table->header == NULL) {
        return NULL;
    }
    uint32_t low = 0;
    uint32_t high = table->header->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (table->records[middle].pc < pc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < table->header->count && table->records[low].pc == pc;
    return found ? &table->records[low] : NULL;
}
