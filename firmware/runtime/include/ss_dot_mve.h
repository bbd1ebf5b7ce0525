/*
 * The inner products of ss_dot.h on Helium: VMLADAVA adds 16 or 8 products, modulo 2^32.
 */
#ifndef SS_DOT_MVE_H
#define SS_DOT_MVE_H

#include "ss_mve.h"

static inline int32_t ss_dot_s8_mve(const int8_t *a, const int8_t *b, int32_t count, int32_t sum)
{
    for (; count >= 16; count -= 16) {
        sum = vmladavaq_s8(sum, vldrbq_s8(a), vldrbq_s8(b));
        a += 16;
        b += 16;
    }
    if (count > 0) {
        const mve_pred16_t tail = vctp8q((uint32_t)count);
        sum = vmladavaq_s8(sum, vldrbq_z_s8(a, tail), vldrbq_z_s8(b, tail));
    }
    return sum;
}

static inline int32_t ss_dot_s16_mve(const int16_t *a, const int16_t *b, int32_t count, int32_t sum)
{
    for (; count >= 8; count -= 8) {
        sum = vmladavaq_s16(sum, vldrhq_s16(a), vldrhq_s16(b));
        a += 8;
        b += 8;
    }
    if (count > 0) {
        const mve_pred16_t tail = vctp16q((uint32_t)count);
        sum = vmladavaq_s16(sum, vldrhq_z_s16(a, tail), vldrhq_z_s16(b, tail));
    }
    return sum;
}

#endif
