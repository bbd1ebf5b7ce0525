/*
 * Requantization on Armv8.1-M vectors (Helium), equal to ss_requantize.h lane by lane for shifts <= 0.
 */
#ifndef SS_MVE_H
#define SS_MVE_H

#include <arm_mve.h>
#include <stdint.h>

/* round(x / 2^-shift) per lane, halves away from zero; shift in [-31, 0]. VRSHL rounds halves up, so negative lanes
 * lose 1 first; x & shift is negative only where both are, so shift 0 leaves x alone. The 1 cannot be lost to
 * saturation: -2^31 divides exactly. */
static inline int32x4_t ss_rounding_divide_by_pot_mve(int32x4_t x, int32x4_t shift)
{
    const int32x4_t minus_one_if_negative = vshrq_n_s32(vandq_s32(x, shift), 31);
    return vrshlq_s32(vqaddq_s32(x, minus_one_if_negative), shift);
}

/* VQRDMULH is ss_rounding_doubling_high_mul. */
static inline int32x4_t ss_requantize_mve(int32x4_t x, int32x4_t multiplier, int32x4_t shift)
{
    return ss_rounding_divide_by_pot_mve(vqrdmulhq_s32(x, multiplier), shift);
}

/* One multiplier and shift for all lanes. */
static inline int32x4_t ss_requantize_uniform_mve(int32x4_t x, int32_t multiplier, int32x4_t shift)
{
    return ss_rounding_divide_by_pot_mve(vqrdmulhq_n_s32(x, multiplier), shift);
}

/* Four scalars as one vector, in two VMOV; gcc goes through the stack. */
static inline int32x4_t ss_four_lanes_mve(int32_t lane0, int32_t lane1, int32_t lane2, int32_t lane3)
{
    int32x4_t lanes;
    __asm("vmov %q0[2], %q0[0], %1, %3\n\t"
          "vmov %q0[3], %q0[1], %2, %4"
          : "=&w"(lanes)
          : "r"(lane0), "r"(lane1), "r"(lane2), "r"(lane3));
    return lanes;
}

/* Sum of `size` int8. */
static inline int32_t ss_sum_s8_mve(const int8_t *input, int32_t size)
{
    int32_t sum = 0;
    for (; size >= 16; size -= 16, input += 16) {
        sum = vaddvaq_s8(sum, vldrbq_s8(input));
    }
    return size > 0 ? vaddvaq_s8(sum, vldrbq_z_s8(input, vctp8q((uint32_t)size))) : sum;
}

static inline int32x4_t ss_clamp_mve(int32x4_t x, int32x4_t low, int32x4_t high)
{
    return vminq_s32(vmaxq_s32(x, low), high);
}

#endif
