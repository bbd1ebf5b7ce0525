/* Symbols that the linker script defines: their addresses are what they mean. */
#ifndef SS_LINKER_SYMBOLS_H
#define SS_LINKER_SYMBOLS_H

#include <stdint.h>

extern uint32_t ss_stack_guard[]; /* 256 bytes, aligned to their size, below the stack */
extern uint32_t ss_stack_start[];
extern uint32_t ss_stack_end[];
extern const uint32_t ss_data_load[];
extern uint32_t ss_data_start[];
extern uint32_t ss_data_end[];
extern const uint32_t ss_weights_load[];
extern uint32_t ss_weights_start[]; /* where they are loaded, unless board.toml places them elsewhere */
extern uint32_t ss_weights_end[];
extern uint32_t ss_bss_start[];
extern uint32_t ss_bss_end[];
extern const uint8_t ss_image_bytes[];  /* the address is the size */
extern const uint8_t ss_static_bytes[]; /* the address is the size */

#endif
