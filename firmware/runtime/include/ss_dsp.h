/*
 * Instructions of the DSP extension (Armv7E-M, Armv8-M) that the kernels use, one inline function each.
 */
#ifndef SS_DSP_H
#define SS_DSP_H

#include <stdint.h>

/* Four int8 from any address, in one LDR. */
static inline uint32_t ss_load_four(const int8_t *source)
{
    uint32_t word;
    __builtin_memcpy(&word, source, sizeof word);
    return word;
}

/* Four int8 at source + 2 * stride in one LDR with a shifted register offset. gcc does not find it in a loop: it keeps
 * multiples of the stride in registers of their own and spills them. */
static inline uint32_t ss_load_four_two_strides_on(const int8_t *source, int32_t stride)
{
    uint32_t word;
    __asm("ldr %0, [%1, %2, lsl #1]" : "=r"(word) : "r"(source), "r"(stride), "m"(*(const int8_t(*)[])source));
    return word;
}

/* Fewer than four int8, zeros in place of the others. */
static inline uint32_t ss_load_fewer(const int8_t *source, int32_t count)
{
    uint32_t word = 0;
    for (int32_t i = 0; i < count; ++i) {
        word |= (uint32_t)(uint8_t)source[i] << (8 * i);
    }
    return word;
}

/* Two int16, aligned to 2 bytes, in one LDR. */
static inline uint32_t ss_load_two_s16(const int16_t *source)
{
    uint32_t word;
    __builtin_memcpy(&word, source, sizeof word);
    return word;
}

static inline void ss_store_four(int8_t *target, uint32_t word)
{
    __builtin_memcpy(target, &word, sizeof word);
}

/* a - b modulo 256 in each byte. */
static inline uint32_t ss_subtract_u8x4(uint32_t a, uint32_t b)
{
    uint32_t difference;
    __asm("usub8 %0, %1, %2" : "=r"(difference) : "r"(a), "r"(b));
    return difference;
}

/* The larger int8 in each byte. SSUB8 sets the flags that SEL reads. */
static inline uint32_t ss_maximum_s8x4(uint32_t a, uint32_t b)
{
    uint32_t larger;
    __asm("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b));
    return larger;
}

/* The smaller int8 in each byte. */
static inline uint32_t ss_minimum_s8x4(uint32_t a, uint32_t b)
{
    uint32_t smaller;
    __asm("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(smaller) : "r"(a), "r"(b));
    return smaller;
}

/* accumulator + the four bytes, read as uint8. */
static inline uint32_t ss_add_u8x4(uint32_t bytes, uint32_t accumulator)
{
    __asm("usada8 %0, %1, %2, %0" : "+r"(accumulator) : "r"(bytes), "r"(0));
    return accumulator;
}

/* Bytes 0 and 2 as two int16. */
static inline uint32_t ss_widen_even(uint32_t bytes)
{
    uint32_t pair;
    __asm("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Bytes 1 and 3 as two int16. */
static inline uint32_t ss_widen_odd(uint32_t bytes)
{
    uint32_t pair;
    __asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* The low halves of a and b as two int16. */
static inline uint32_t ss_low_halves(uint32_t a, uint32_t b)
{
    uint32_t pair;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
}

/* The high halves of a and b. */
static inline uint32_t ss_high_halves(uint32_t a, uint32_t b)
{
    uint32_t pair;
    __asm("pkhtb %0, %2, %1, asr #16" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
}

/* accumulator + low * low + high * high */
static inline int32_t ss_smlad(uint32_t a, uint32_t b, int32_t accumulator)
{
    __asm("smlad %0, %1, %2, %0" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

/* accumulator + low * low + high * high in 64 bits */
static inline int64_t ss_smlald(uint32_t a, uint32_t b, int64_t accumulator)
{
    __asm("smlald %Q0, %R0, %1, %2" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

/* accumulator + (low half of a) * (low half of b), and so on: b = bottom, t = top */
static inline int32_t ss_smlabb(uint32_t a, uint32_t b, int32_t accumulator)
{
    __asm("smlabb %0, %1, %2, %0" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

static inline int32_t ss_smlatb(uint32_t a, uint32_t b, int32_t accumulator)
{
    __asm("smlatb %0, %1, %2, %0" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

static inline int32_t ss_smlabt(uint32_t a, uint32_t b, int32_t accumulator)
{
    __asm("smlabt %0, %1, %2, %0" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

static inline int32_t ss_smlatt(uint32_t a, uint32_t b, int32_t accumulator)
{
    __asm("smlatt %0, %1, %2, %0" : "+r"(accumulator) : "r"(a), "r"(b));
    return accumulator;
}

/* (a * b + 2^31) >> 32. With a doubled this is ss_rounding_doubling_high_mul. */
static inline int32_t ss_smmulr(int32_t a, int32_t b)
{
    int32_t high;
    __asm("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

/* zero_point + round(x / 2^exponent), halves away from zero; exponent in [1, 31]. ASRS leaves the half in the carry. */
static inline int32_t ss_divide_and_offset(int32_t x, int32_t exponent, int32_t zero_point)
{
    __asm("add %0, %0, %0, asr #31\n\t"
          "asrs %0, %0, %1\n\t"
          "adc %0, %0, %2"
          : "+&r"(x)
          : "r"(exponent), "r"(zero_point)
          : "cc");
    return x;
}

/* Clamp to int8. */
static inline int32_t ss_saturate_s8(int32_t x)
{
    int32_t saturated;
    __asm("ssat %0, #8, %1" : "=r"(saturated) : "r"(x));
    return saturated;
}

#endif
