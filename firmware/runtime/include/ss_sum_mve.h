/*
 * Sums and differences of two rescaled tensors for Helium: what ADD and SUB share.
 */
#ifndef SS_SUM_MVE_H
#define SS_SUM_MVE_H

#include "ss_kernels.h"
#include "ss_mve.h"

enum { SS_SUM_LANES = 4, SS_SUM_HALFWORD_LANES = 8, SS_SUM_LEFT_SHIFT = 20 };

/* TFLM rescales both inputs relative to twice the larger scale, so the operand of that scale gets exactly a half. */
static const int32_t SS_SUM_HALF = INT32_C(1) << 30;

/* One operand: (x - zero_point) * 2^20 * multiplier * 2^(shift - 31). */
typedef struct {
    const int8_t *data;
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} ss_sum_operand;

static inline int ss_sum_is_half(ss_sum_operand side)
{
    return side.multiplier == SS_SUM_HALF && side.shift == 0;
}

/* round(round(x * multiplier / 2^31) * 2^shift), halves of the second away from zero; shift < 0. Uses up q3. */
#define SS_SUM_RESCALE(x, multiplier, shift)     \
    "vqrdmulh.s32 " x ", " x ", " multiplier "\n\t" \
    "vshr.s32 q3, " x ", #31\n\t"                \
    "vadd.i32 " x ", " x ", q3\n\t"              \
    "vrshl.s32 " x ", " shift "\n\t"

/*
 * Defines name(): one operand scaled by a half, which is a plain shift by 19, the other by less; whole groups of eight
 * elements. It returns how many it has done. combine(less): the instruction that makes the sum of q3, the half, and of
 * `less`, q2 or q1, in the latter. VMLAS takes off a zero point as it shifts by 3 or 4 bits, widening shifts by 16 more. No
 * value leaves 32 bits: an operand stays below 2^28, the sum below 2^29. Saturation to 16 bits before the zero point is
 * added cannot change what the clamp to int8 gives. In assembly because gcc 12 spills; noipa leaves the assembly all
 * registers.
 */
#define SS_SUM_DEFINE_HALF_AND_LESS(name, combine)                                                                   \
    __attribute__((noipa)) static int32_t name(const ss_add_params *params, ss_sum_operand half, ss_sum_operand less, \
                                               int8_t *output)                                                       \
    {                                                                                                                \
        const int16x8_t by_eight = vdupq_n_s16(8);                                                                   \
        const int16x8_t by_sixteen = vdupq_n_s16(16);                                                                \
        const int16x8_t low = vdupq_n_s16((int16_t)params->activation_min);                                          \
        const int16x8_t high = vdupq_n_s16((int16_t)params->activation_max);                                         \
        __asm volatile(                                                                                              \
            "wls lr, %[count], 2f\n"                                                                                 \
            "1:\n\t"                                                                                                 \
            "vldrb.s16 q0, [%[half]], #8\n\t"                                                                        \
            "vldrb.s16 q1, [%[less]], #8\n\t"                                                                        \
            "vmlas.s16 q0, %q[by_eight], %[half_zero]\n\t"                                                           \
            "vmlas.s16 q1, %q[by_sixteen], %[less_zero]\n\t"                                                         \
            "vshllb.s16 q2, q1, #16\n\t"                                                                             \
            "vshllt.s16 q1, q1, #16\n\t"                                                                             \
            SS_SUM_RESCALE("q2", "%[less_multiplier]", "%[less_shift]")                                              \
            SS_SUM_RESCALE("q1", "%[less_multiplier]", "%[less_shift]")                                              \
            "vshllb.s16 q3, q0, #16\n\t"                                                                             \
            combine("q2") "\n\t"                                                                                     \
            "vshllt.s16 q3, q0, #16\n\t"                                                                             \
            combine("q1") "\n\t"                                                                                     \
            SS_SUM_RESCALE("q2", "%[multiplier]", "%[shift]")                                                        \
            SS_SUM_RESCALE("q1", "%[multiplier]", "%[shift]")                                                        \
            "vqmovnb.s32 q0, q2\n\t"                                                                                 \
            "vqmovnt.s32 q0, q1\n\t"                                                                                 \
            "vqadd.s16 q0, q0, %[zero_point]\n\t"                                                                    \
            "vmax.s16 q0, q0, %q[low]\n\t"                                                                           \
            "vmin.s16 q0, q0, %q[high]\n\t"                                                                          \
            "vstrb.16 q0, [%[output]], #8\n\t"                                                                       \
            "le lr, 1b\n"                                                                                            \
            "2:\n\t"                                                                                                 \
            : [half] "+&l"(half.data), [less] "+&l"(less.data), [output] "+&l"(output)                               \
            : [count] "r"(params->size / SS_SUM_HALFWORD_LANES), [half_zero] "r"(-half.zero_point * 8),              \
              [less_zero] "r"(-less.zero_point * 16), [less_multiplier] "r"(less.multiplier),                        \
              [less_shift] "r"(less.shift), [multiplier] "r"(params->output_multiplier),                             \
              [shift] "r"(params->output_shift), [zero_point] "r"(params->output_zero_point), [low] "w"(low),        \
              [high] "w"(high), [by_eight] "w"(by_eight), [by_sixteen] "w"(by_sixteen)                               \
            : "q0", "q1", "q2", "q3", "lr", "cc", "memory");                                                         \
        return params->size & ~(SS_SUM_HALFWORD_LANES - 1);                                                          \
    }

static inline int32x4_t ss_sum_rescale_operand(int32x4_t x, ss_sum_operand side)
{
    const int32x4_t lifted = vshlq_n_s32(vsubq_n_s32(x, side.zero_point), SS_SUM_LEFT_SHIFT);
    return ss_requantize_uniform_mve(lifted, side.multiplier, vdupq_n_s32(side.shift));
}

/* a + b_sign * b for any scales, from element `done` on. */
static inline void ss_sum_any(const ss_add_params *params, ss_sum_operand a, ss_sum_operand b, int b_sign, int32_t done,
                              int8_t *output)
{
    for (; done < params->size; done += SS_SUM_LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->size - done));
        const int32x4_t x1 = ss_sum_rescale_operand(vldrbq_z_s32(a.data + done, lanes), a);
        const int32x4_t x2 = ss_sum_rescale_operand(vldrbq_z_s32(b.data + done, lanes), b);
        const int32x4_t sum = b_sign < 0 ? vsubq_s32(x1, x2) : vaddq_s32(x1, x2);
        const int32x4_t scaled =
            ss_requantize_uniform_mve(sum, params->output_multiplier, vdupq_n_s32(params->output_shift));
        const int32x4_t clamped =
            ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(params->activation_min),
                         vdupq_n_s32(params->activation_max));
        vstrbq_p_s32(output + done, clamped, lanes);
    }
}

#endif
