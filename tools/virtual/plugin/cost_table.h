/*
 * The cost file that `skipstone.tools.virtual.costs` writes for one ELF, and its look-up.
 *
 * Layout, little endian: a `cost_header`, then `count` records sorted by `pc`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One instruction. Costs are in sixteenths of a cycle. */
typedef struct {
    uint32_t pc;          /* address of the instruction */
    uint16_t cost;        /* cycles / 16 when it does not branch */
    uint16_t taken_extra; /* cycles / 16 on top when control leaves the straight line after it */
    uint32_t mark;        /* 1: a counter mark (entry of ELF section .perfmarks), 0: none */
    uint32_t interrupt;   /* 1: belongs to an interrupt handler, which is not charged to the thread */
} cost_record;

typedef struct {
    char magic[8];             /* "SSCOST01" */
    uint32_t count;            /* records that follow */
    uint32_t counters_address; /* guest address of `ss_virtual_counters`; 0: the image has none */
} cost_header;

/* A cost file that is replaced (new inode) when another image is flashed. */
typedef struct {
    const char *path;
    const cost_header *header; /* NULL while there is no usable file */
    const cost_record *records;
    uint64_t mapped_bytes;
    uint64_t inode;
    int64_t modified_ns;
} cost_table;

/* Maps the file again if it was replaced since the last call. Without a file every instruction costs one cycle. */
void cost_table_refresh(cost_table *table);

/* The record of the instruction at `pc`, or NULL. */
const cost_record *cost_table_find(const cost_table *table, uint32_t pc);
