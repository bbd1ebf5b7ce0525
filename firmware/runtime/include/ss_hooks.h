/*
 * ss_hooks.h: what a generated step calls around its parts, so that an application can count instructions a part.
 *
 * SS_BLOCK_BEGIN(i) and SS_BLOCK_END(i) enclose block i when it is executed (a skipped block calls neither), with i < block_count.
 * Index block_count is the fixed part before the first block (projection, convolution, arbitrators), block_count + 1 the part after
 * the last (head). Fixed work between two blocks (per-block arbitrators) belongs to index block_count too. The parts never nest.
 *
 * They do nothing by default. An application that wants them compiles model.c with -DSS_HOOKS_HEADER='"its_hooks.h"', which defines both.
 */
#ifndef SS_HOOKS_H
#define SS_HOOKS_H

#ifdef SS_HOOKS_HEADER
#include SS_HOOKS_HEADER
#endif

#ifndef SS_BLOCK_BEGIN
#define SS_BLOCK_BEGIN(index) ((void)0)
#endif

#ifndef SS_BLOCK_END
#define SS_BLOCK_END(index) ((void)0)
#endif

#endif
