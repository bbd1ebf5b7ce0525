#include "ss_fft512.h"

#include "ss_log_mel_tables.h"

_Static_assert((-1 >> 1) == -1, "right shift of a negative value must be arithmetic");

enum {
    WINDOW_LENGTH = 400,
    WINDOW_SHIFT = 9, /* Q16 product to 7 fraction bits */
    TWIDDLE_BITS = 30,
};

static inline int32_t windowed(int16_t sample, uint16_t weight)
{
    return ((int32_t)sample * (int32_t)weight + (1 << (WINDOW_SHIFT - 1))) >> WINDOW_SHIFT;
}

/* Even samples as real, odd ones as imaginary parts, into the digit-reversed places of the FFT. */
static void load(ss_complex32 *spectrum, const int16_t *samples)
{
    for (uint32_t n = 0U; n < WINDOW_LENGTH / 2U; ++n) {
        spectrum[ss_log_mel_digit_reversal[n]] = (ss_complex32){
            windowed(samples[2U * n], ss_log_mel_window[2U * n]),
            windowed(samples[2U * n + 1U], ss_log_mel_window[2U * n + 1U]),
        };
    }
    for (uint32_t n = WINDOW_LENGTH / 2U; n < SS_FFT512_POINTS; ++n) {
        spectrum[ss_log_mel_digit_reversal[n]] = (ss_complex32){0, 0};
    }
}

/* z w with 64-bit products and one rounding (half up) a component; both parts start from the half. */
static inline ss_complex32 rotate(ss_complex32 z, ss_complex32 w)
{
    int64_t re = 1 << (TWIDDLE_BITS - 1);
    int64_t im = 1 << (TWIDDLE_BITS - 1);
    re += (int64_t)z.re * w.re;
    im += (int64_t)z.im * w.re;
    re += (int64_t)z.im * -w.im;
    im += (int64_t)z.re * w.im;
    return (ss_complex32){(int32_t)(re >> TWIDDLE_BITS), (int32_t)(im >> TWIDDLE_BITS)};
}

static inline ss_complex32 add(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re + b.re, a.im + b.im};
}

static inline ss_complex32 subtract(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re - b.re, a.im - b.im};
}

/*
 * A four-point transform of a, b, c, d to places 0, quarter, 2 quarter, 3 quarter of z. The compiler keeps it
 * in registers only because quarter is a constant wherever this is inlined.
 */
static inline void butterfly(ss_complex32 *z, uint32_t quarter, ss_complex32 a, ss_complex32 b, ss_complex32 c,
                             ss_complex32 d)
{
    const ss_complex32 sum = add(a, c);
    const ss_complex32 difference = subtract(a, c);
    const ss_complex32 cross = add(b, d);
    const ss_complex32 turned = {b.im - d.im, d.re - b.re}; /* -j (b - d) */
    z[0] = add(sum, cross);
    z[2U * quarter] = subtract(sum, cross);
    z[quarter] = add(difference, turned);
    z[3U * quarter] = subtract(difference, turned);
}

/*
 * One stage: groups of 4 quarter values become transforms of that length. Butterfly j has the twiddles
 * exp(-2 pi j m k / 4 quarter), m = 1, 2, 3; those of j = 0 are 1, and a rotation by 1 is exact, so it is left out.
 */
__attribute__((always_inline)) static inline void stage(ss_complex32 *z, uint32_t quarter)
{
    for (uint32_t group = 0U; group < SS_FFT512_POINTS; group += 4U * quarter) {
        ss_complex32 *p = z + group;
        butterfly(p, quarter, p[0], p[quarter], p[2U * quarter], p[3U * quarter]);
        const uint32_t stride = SS_FFT512_POINTS / (4U * quarter);
        const ss_complex32 *w = ss_log_mel_fft_twiddle;
        for (uint32_t index = stride; index < quarter * stride; index += stride) {
            ++p;
            const ss_complex32 c = rotate(p[2U * quarter], w[2U * index]);
            const ss_complex32 b = rotate(p[quarter], w[index]);
            const ss_complex32 d = rotate(p[3U * quarter], w[3U * index]);
            butterfly(p, quarter, p[0], b, c, d);
        }
    }
}

/* In-place radix-4 transform, decimation in time: digit-reversed input, natural order on return. */
static void complex_fft(ss_complex32 *z)
{
    stage(z, 1U);
    stage(z, 4U);
    stage(z, 16U);
    stage(z, 64U);
}

static inline uint64_t magnitude_squared(ss_complex32 z)
{
    return (uint64_t)((int64_t)z.re * z.re + (int64_t)z.im * z.im);
}

/*
 * Z is the spectrum of even + j odd samples. With e = Z[k] + conj Z[N-k], o = -j (Z[k] - conj Z[N-k]) and
 * W = exp(-2 pi j k / 2N): 2 X[k] = e + W o, conj 2 X[N-k] = e - W o.
 */
static void split_power(ss_fft512_buffer *buffer)
{
    for (uint32_t k = 1U; k < SS_FFT512_POINTS / 2U; ++k) {
        const ss_complex32 low = buffer->spectrum[k];
        const ss_complex32 high = buffer->spectrum[SS_FFT512_POINTS - k];
        const ss_complex32 even = {low.re + high.re, low.im - high.im};
        const ss_complex32 odd =
            rotate((ss_complex32){low.im + high.im, high.re - low.re}, ss_log_mel_split_twiddle[k]);
        buffer->power[k] = magnitude_squared(add(even, odd));
        buffer->power[SS_FFT512_POINTS - k] = magnitude_squared(subtract(even, odd));
    }
    buffer->power[SS_FFT512_POINTS / 2U] = 4U * magnitude_squared(buffer->spectrum[SS_FFT512_POINTS / 2U]);
    buffer->power[0] = 0U;
}

void ss_fft512_power(ss_fft512_buffer *buffer, const int16_t samples[WINDOW_LENGTH])
{
    load(buffer->spectrum, samples);
    complex_fft(buffer->spectrum);
    split_power(buffer);
}
