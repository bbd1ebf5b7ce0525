#include "ss_fft512.h"

#include "ss_log_mel_tables.h"

_Static_assert((-1 >> 1) == -1, "right shift of a negative value must be arithmetic");

enum { TWIDDLE_BITS = 30 };

static inline int32_t round_q30(int64_t product)
{
    return (int32_t)((product + (1 << (TWIDDLE_BITS - 1))) >> TWIDDLE_BITS);
}

static inline ss_complex32 rotate(ss_complex32 z, ss_complex32 w)
{
    return (ss_complex32){
        .re = round_q30((int64_t)z.re * w.re - (int64_t)z.im * w.im),
        .im = round_q30((int64_t)z.re * w.im + (int64_t)z.im * w.re),
    };
}

static inline ss_complex32 add(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re + b.re, a.im + b.im};
}

static inline ss_complex32 subtract(ss_complex32 a, ss_complex32 b)
{
    return (ss_complex32){a.re - b.re, a.im - b.im};
}

/* A four-point transform of a, b, c, d to places 0, quarter, 2 quarter, 3 quarter of z. */
static inline void butterfly(ss_complex32 *z, uint32_t quarter, ss_complex32 a, ss_complex32 b, ss_complex32 c,
                             ss_complex32 d)
{
    const ss_complex32 sum = add(a, c);
    const ss_complex32 difference = subtract(a, c);
    const ss_complex32 cross = add(b, d);
    const ss_complex32 turned = {b.im - d.im, d.re - b.re}; /* -j (b - d) */
    z[0] = add(sum, cross);
    z[quarter] = add(difference, turned);
    z[2U * quarter] = subtract(sum, cross);
    z[3U * quarter] = subtract(difference, turned);
}

/* The first butterfly of every group: its twiddles are 1, and a rotation by 1 is exact. */
static void butterflies_without_rotation(ss_complex32 *z, uint32_t quarter)
{
    const ss_complex32 *const end = z + SS_FFT512_POINTS;
    for (; z < end; z += 4U * quarter) {
        butterfly(z, quarter, z[0], z[quarter], z[2U * quarter], z[3U * quarter]);
    }
}

/* Butterfly j of every group, twiddles exp(-2 pi j m index / 256) for m = 1, 2, 3. */
static void butterflies(ss_complex32 *z, uint32_t quarter, uint32_t j, uint32_t index)
{
    const ss_complex32 w1 = ss_log_mel_fft_twiddle[index];
    const ss_complex32 w2 = ss_log_mel_fft_twiddle[2U * index];
    const ss_complex32 w3 = ss_log_mel_fft_twiddle[3U * index];
    for (uint32_t group = j; group < SS_FFT512_POINTS; group += 4U * quarter) {
        ss_complex32 *const p = z + group;
        butterfly(p, quarter, p[0], rotate(p[quarter], w1), rotate(p[2U * quarter], w2),
                  rotate(p[3U * quarter], w3));
    }
}

/* In-place radix-4 transform, decimation in time: digit-reversed input, natural order on return. */
static void complex_fft(ss_complex32 *z)
{
    for (uint32_t quarter = 1U; quarter < SS_FFT512_POINTS; quarter *= 4U) {
        butterflies_without_rotation(z, quarter);
        const uint32_t stride = SS_FFT512_POINTS / (4U * quarter);
        for (uint32_t j = 1U; j < quarter; ++j) {
            butterflies(z, quarter, j, j * stride);
        }
    }
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

void ss_fft512_power(ss_fft512_buffer *buffer)
{
    complex_fft(buffer->spectrum);
    split_power(buffer);
}
