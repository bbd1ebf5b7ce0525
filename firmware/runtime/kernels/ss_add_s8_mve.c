#include "ss_kernels.h"
#include "ss_mve.h"

enum { LANES = 4, HALFWORD_LANES = 8, LEFT_SHIFT = 20 };

/* TFLM rescales both inputs relative to twice the larger scale, so the operand of that scale gets exactly a half. */
static const int32_t HALF = INT32_C(1) << 30;

/* One operand of the sum: (x - zero_point) * 2^20 * multiplier * 2^(shift - 31). */
typedef struct {
    const int8_t *data;
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} operand;

static int is_half(operand side)
{
    return side.multiplier == HALF && side.shift == 0;
}

/* round(round(x * multiplier / 2^31) * 2^shift), halves of the second away from zero; shift < 0. Uses up q3. */
#define RESCALE(x, multiplier, shift)            \
    "vqrdmulh.s32 " x ", " x ", " multiplier "\n\t" \
    "vshr.s32 q3, " x ", #31\n\t"                \
    "vadd.i32 " x ", " x ", q3\n\t"              \
    "vrshl.s32 " x ", " shift "\n\t"

/* The usual sum: one operand scaled by a half, which is a plain shift by 19, the other by less; whole groups of eight
 * elements. Returns how many it has done. VMLAS takes off a zero point as it shifts by 3 or 4 bits, widening shifts by 16
 * more. No value leaves 32 bits: an operand stays below 2^28, the sum below 2^29. Saturation to 16 bits before the zero
 * point is added cannot change what the clamp to int8 gives. In assembly because gcc 12 spills; noipa leaves the
 * assembly all registers. */
__attribute__((noipa)) static int32_t add_half_and_less(const ss_add_params *params, operand half, operand less,
                                                        int8_t *output)
{
    const int16x8_t by_eight = vdupq_n_s16(8);
    const int16x8_t by_sixteen = vdupq_n_s16(16);
    const int16x8_t low = vdupq_n_s16((int16_t)params->activation_min);
    const int16x8_t high = vdupq_n_s16((int16_t)params->activation_max);
    __asm volatile(
        "wls lr, %[count], 2f\n"
        "1:\n\t"
        "vldrb.s16 q0, [%[half]], #8\n\t"
        "vldrb.s16 q1, [%[less]], #8\n\t"
        "vmlas.s16 q0, %q[by_eight], %[half_zero]\n\t"
        "vmlas.s16 q1, %q[by_sixteen], %[less_zero]\n\t"
        "vshllb.s16 q2, q1, #16\n\t"
        "vshllt.s16 q1, q1, #16\n\t"
        RESCALE("q2", "%[less_multiplier]", "%[less_shift]")
        RESCALE("q1", "%[less_multiplier]", "%[less_shift]")
        "vshllb.s16 q3, q0, #16\n\t"
        "vadd.i32 q2, q2, q3\n\t"
        "vshllt.s16 q3, q0, #16\n\t"
        "vadd.i32 q1, q1, q3\n\t"
        RESCALE("q2", "%[multiplier]", "%[shift]")
        RESCALE("q1", "%[multiplier]", "%[shift]")
        "vqmovnb.s32 q0, q2\n\t"
        "vqmovnt.s32 q0, q1\n\t"
        "vqadd.s16 q0, q0, %[zero_point]\n\t"
        "vmax.s16 q0, q0, %q[low]\n\t"
        "vmin.s16 q0, q0, %q[high]\n\t"
        "vstrb.16 q0, [%[output]], #8\n\t"
        "le lr, 1b\n"
        "2:\n\t"
        : [half] "+&l"(half.data), [less] "+&l"(less.data), [output] "+&l"(output)
        : [count] "r"(params->size / HALFWORD_LANES), [half_zero] "r"(-half.zero_point * 8),
          [less_zero] "r"(-less.zero_point * 16), [less_multiplier] "r"(less.multiplier),
          [less_shift] "r"(less.shift), [multiplier] "r"(params->output_multiplier),
          [shift] "r"(params->output_shift), [zero_point] "r"(params->output_zero_point), [low] "w"(low),
          [high] "w"(high), [by_eight] "w"(by_eight), [by_sixteen] "w"(by_sixteen)
        : "q0", "q1", "q2", "q3", "lr", "cc", "memory");
    return params->size & ~(HALFWORD_LANES - 1);
}

static inline int32x4_t rescale_operand(int32x4_t x, operand side)
{
    const int32x4_t lifted = vshlq_n_s32(vsubq_n_s32(x, side.zero_point), LEFT_SHIFT);
    return ss_requantize_uniform_mve(lifted, side.multiplier, vdupq_n_s32(side.shift));
}

/* Any scales, from element `done` on. */
__attribute__((noinline)) static void add_any(const ss_add_params *params, operand a, operand b, int32_t done,
                                              int8_t *output)
{
    for (; done < params->size; done += LANES) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(params->size - done));
        const int32x4_t x1 = vldrbq_z_s32(a.data + done, lanes);
        const int32x4_t x2 = vldrbq_z_s32(b.data + done, lanes);
        const int32x4_t sum = vaddq_s32(rescale_operand(x1, a), rescale_operand(x2, b));
        const int32x4_t scaled =
            ss_requantize_uniform_mve(sum, params->output_multiplier, vdupq_n_s32(params->output_shift));
        const int32x4_t clamped =
            ss_clamp_mve(vaddq_n_s32(scaled, params->output_zero_point), vdupq_n_s32(params->activation_min),
                         vdupq_n_s32(params->activation_max));
        vstrbq_p_s32(output + done, clamped, lanes);
    }
}

void ss_add_s8_mve(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch)
{
    (void)scratch;
    const operand a = {input1, params->input1_zero_point, params->input1_multiplier, params->input1_shift};
    const operand b = {input2, params->input2_zero_point, params->input2_multiplier, params->input2_shift};
    int32_t done = 0;
    if (params->output_shift < 0 && is_half(a) && b.shift < 0) {
        done = add_half_and_less(params, a, b, output);
    } else if (params->output_shift < 0 && is_half(b) && a.shift < 0) {
        done = add_half_and_less(params, b, a, output);
    }
    if (done < params->size) {
        add_any(params, a, b, done, output);
    }
}
