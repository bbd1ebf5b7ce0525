/*
 * Hooks of the generated model (see ss_hooks.h): every executed block and both fixed parts are measured. The build compiles model.c with
 * -DSS_HOOKS_HEADER='"ss_app_hooks.h"'.
 */
#ifndef SS_APP_HOOKS_H
#define SS_APP_HOOKS_H

#include <stdint.h>

/* A part starts. Parts do not nest. */
void ss_profile_begin(void);

/* Part `index` ends: a block, or block_count (before the blocks) and block_count + 1 (after them). */
void ss_profile_end(uint16_t index);

#define SS_BLOCK_BEGIN(index) ss_profile_begin()
#define SS_BLOCK_END(index) ss_profile_end((uint16_t)(index))

#endif
