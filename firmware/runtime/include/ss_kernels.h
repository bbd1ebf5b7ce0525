/*
 * Int8 kernels of the Skipstone runtime.
 *
 * The meaning of every kernel is the TFLM reference kernel of the same operator, byte for byte: int32 accumulators,
 * requantization with double rounding (see ss_requantize.h). Variants of one kernel differ only in speed:
 *
 *   _ref  portable C11                       every core
 *   _dsp  Armv7E-M / Armv8-M DSP extension   Cortex-M4, M7, M33
 *   _mve  Armv8.1-M vector extension         Cortex-M55
 *
 * The code generator picks the variant and packs the constants for it (skipstone.firmware.codegen.packing, which also
 * names the function to call and the scratch it needs). A fast variant is exact only under the conditions that its packer
 * checks, such as "no left shift"; where they fail the packer names the portable kernel instead. A kernel reads no global
 * and allocates nothing.
 *
 * Argument order: parameters, inputs, output, scratch.
 *
 * Common rules
 *   sizes        any value >= 1 unless a field says otherwise
 *   alignment    int8 inputs and outputs: none. int16/int32/uint32 arrays: 4 bytes. scratch: 4 bytes
 *                (8 is faster on Cortex-M7, 16 on Cortex-M55)
 *   aliasing     output must not overlap an input or scratch unless the kernel says that it may
 *   scratch      may be NULL where the packer reports 0 bytes; its contents need not survive between calls
 *   multiplier   Q0.31 in [2^30, 2^31), or 0
 *   shift        TFLM sign: positive is a left shift before the multiply, negative a rounding right shift after it,
 *                in [-31, 30]
 *   zero_point   in [-128, 127]
 */
#ifndef SS_KERNELS_H
#define SS_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------- FULLY_CONNECTED */

/* One vector times one constant matrix, per-channel weight scales, plain layout.
 * output[n] = clamp(requantize(bias[n] + sum_k weights[n][k] * input[k]) + output_zero_point). */
typedef struct {
    int32_t input_size;                /* K */
    int32_t output_size;               /* N */
    int32_t output_zero_point;
    int32_t activation_min;            /* clamp of the output, in [-128, 127] */
    int32_t activation_max;
    const int8_t *weights;             /* [N][K], zero point 0 */
    const int32_t *bias;               /* [N], input zero point already folded in: bias - zero_point * sum_k weights */
    const int32_t *multiplier;         /* [N] */
    const int8_t *shift;               /* [N] */
} ss_fully_connected_params;

/* The same, weights and per-channel constants interleaved into one stream that is read once from front to back. Layout:
 * packing/fully_connected_dsp.py and packing/fully_connected_mve.py. */
typedef struct {
    int32_t input_size;                /* K */
    int32_t output_size;               /* N */
    int32_t output_zero_point;
    int32_t activation_min;
    int32_t activation_max;
    const uint32_t *packed;            /* aligned 4 (dsp) or 16 (mve) */
} ss_fully_connected_packed_params;

/* input int8[K], output int8[N]. scratch: none. */
void ss_fully_connected_s8_ref(const ss_fully_connected_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* scratch: 2 * round_up(K, 4) bytes, aligned 4 (the input widened to int16). output may overlap input. */
void ss_fully_connected_s8_dsp(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* scratch: none. */
void ss_fully_connected_s8_mve(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* The same with int4 weights. Plain layout: TFLite's, element n * K + k in half a byte, the first in the low half. Packed:
 * packing/fully_connected_int4.py. */

/* scratch: none. */
void ss_fully_connected_s4_ref(const ss_fully_connected_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* scratch: 2 * round_up(K, 4) bytes, aligned 4 (the input widened to int16). output may overlap input. */
void ss_fully_connected_s4_dsp(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* scratch: none. */
void ss_fully_connected_s4_mve(const ss_fully_connected_packed_params *params, const int8_t *input, int8_t *output,
                               void *scratch);

/* -------------------------------------------------------------------------- DEPTHWISE_CONV_2D at one output position */

/* Depth multiplier 1, taps x 1 kernel. output[c] = clamp(requantize(bias[c] + sum_t weights[t][c] * row(t)[c]) + zp),
 * where row(t) is row (oldest + t) mod taps of the input: a ring buffer of the last `taps` rows.
 * A plain window (oldest row first) is the same with oldest = 0. */
typedef struct {
    int32_t taps;
    int32_t channels;
    int32_t row_stride;                /* bytes from one row of the ring to the next, >= channels */
    int32_t output_zero_point;
    int32_t activation_min;
    int32_t activation_max;
    const int8_t *weights;             /* [taps][channels], tap 0 meets the oldest row */
    const int32_t *bias;               /* [channels], input zero point folded in */
    const int32_t *multiplier;         /* [channels] */
    const int8_t *shift;               /* [channels] */
} ss_depthwise_ring_params;

/* The same, weights widened to int16 and all constants in one stream that is read once from front to back. Layout:
 * packing/depthwise_dsp.py. */
typedef struct {
    int32_t taps;
    int32_t channels;
    int32_t row_stride;
    int32_t output_zero_point;
    int32_t activation_min;
    int32_t activation_max;
    const uint32_t *packed;            /* aligned 4 */
} ss_depthwise_ring_packed_params;

/* ring int8[taps][row_stride], oldest in [0, taps), output int8[channels]. scratch: none. */
void ss_depthwise_ring_s8_ref(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch);
void ss_depthwise_ring_s8_dsp(const ss_depthwise_ring_packed_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch);
void ss_depthwise_ring_s8_mve(const ss_depthwise_ring_params *params, const int8_t *ring, int32_t oldest,
                              int8_t *output, void *scratch);

/* ----------------------------------------------------------------------------------------------------------- ADD */

/* Element-wise sum of two tensors of equal shape, TFLM's ADD with left_shift 20:
 * output = clamp(requantize(rescale1((a - zp1) << 20) + rescale2((b - zp2) << 20)) + output_zero_point). */
typedef struct {
    int32_t size;
    int32_t input1_zero_point;
    int32_t input1_multiplier;
    int32_t input1_shift;              /* in [-31, 0] */
    int32_t input2_zero_point;
    int32_t input2_multiplier;
    int32_t input2_shift;              /* in [-31, 0] */
    int32_t output_zero_point;
    int32_t output_multiplier;
    int32_t output_shift;              /* in [-31, 0] */
    int32_t activation_min;
    int32_t activation_max;
} ss_add_params;

/* output may be input1 or input2 (in place). scratch: none. */
void ss_add_s8_ref(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_add_s8_dsp(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_add_s8_mve(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);

/* ------------------------------------------------------------------------------- FULLY_CONNECTED -> ADD, fused */

/* The last layer of a block and the sum with the block's input: input1 of `add` is the residual, input2 the output of the
 * layer, which is requantized to int8 as FULLY_CONNECTED does before it is added. */
typedef struct {
    ss_add_params add;                 /* size = layer.output_size */
    ss_fully_connected_params layer;
} ss_fully_connected_add_params;

typedef struct {
    ss_add_params add;
    ss_fully_connected_packed_params layer;
} ss_fully_connected_add_packed_params;

/* input int8[K], residual and output int8[N]. output may be residual (in place). scratch: as the layer's kernel. */
void ss_fully_connected_add_s8_ref(const ss_fully_connected_add_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch);
void ss_fully_connected_add_s8_dsp(const ss_fully_connected_add_packed_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch);
void ss_fully_connected_add_s8_mve(const ss_fully_connected_add_packed_params *params, const int8_t *input,
                                   const int8_t *residual, int8_t *output, void *scratch);

/* ------------------------------------------------------------------------------------------------------- SOFTMAX */

/* Rows of int8 to rows of probabilities with scale 1/256 and zero point -128. Input scale and beta live in the table. */
typedef struct {
    int32_t rows;
    int32_t size;                      /* elements a row, in [1, 511]: beyond, TFLM shifts by more than 31 */
    const int32_t *exp_table;          /* [256] Q0.31: exp(-d * scale * beta) of d = max - x, 0 where TFLM cuts off */
} ss_softmax_params;

/* output may be input (in place). scratch: none. */
void ss_softmax_s8_ref(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_softmax_s8_dsp(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_softmax_s8_mve(const ss_softmax_params *params, const int8_t *input, int8_t *output, void *scratch);

/* -------------------------------------------------------------------------------------------------- BATCH_MATMUL */

/* output[b][m][n] = clamp8(requantize(sum_k (lhs[b][m][k] - lhs_zp) * (rhs[b][k][n] - rhs_zp)) + output_zp).
 * Strides are in elements, so adjX/adjY and transposed views cost nothing. The output is contiguous. */
typedef struct {
    int32_t batches;
    int32_t rows;                      /* m */
    int32_t depth;                     /* k */
    int32_t columns;                   /* n */
    int32_t lhs_batch_stride;
    int32_t lhs_row_stride;
    int32_t lhs_depth_stride;
    int32_t rhs_batch_stride;
    int32_t rhs_depth_stride;
    int32_t rhs_column_stride;
    int32_t lhs_zero_point;
    int32_t rhs_zero_point;
    int32_t output_zero_point;
    int32_t output_multiplier;
    int32_t output_shift;
} ss_batch_matmul_params;

/* scratch: none. */
void ss_batch_matmul_s8_ref(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch);

/* scratch: 2 * round_up(depth, 4) bytes (one left row widened to int16). */
void ss_batch_matmul_s8_dsp(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch);

/* scratch: none. */
void ss_batch_matmul_s8_mve(const ss_batch_matmul_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                            void *scratch);

/* ---------------------------------------------------------------------- BATCH_MATMUL -> SOFTMAX -> BATCH_MATMUL, fused */

/* Attention of one query row over all positions of a key ring and a value ring. For every head h:
 *   score[p]   = clamp8(requantize(sum_d (q[h][d] - zq) * (K[p][h][d] - zk)) + score_zero_point)      BATCH_MATMUL, adjY
 *   prob       = SOFTMAX(score), int8, scale 1/256, zero point -128
 *   out[h][d]  = clamp8(requantize(sum_p (prob[p] + 128) * (V[p][h][d] - zv)) + context_zero_point)   BATCH_MATMUL
 * The order of positions does not matter, so the rings need no index of the oldest row. All `positions` rows count. */
typedef struct {
    int32_t heads;
    int32_t head_dim;
    int32_t positions;                 /* in [1, 511], as a row of softmax */
    int32_t row_stride;                /* elements from one position to the next in both rings, >= heads * head_dim */
    int32_t query_zero_point;
    int32_t key_zero_point;
    int32_t value_zero_point;
    int32_t score_zero_point;
    int32_t score_multiplier;
    int32_t score_shift;
    int32_t context_zero_point;
    int32_t context_multiplier;
    int32_t context_shift;
    const int32_t *exp_table;          /* as in ss_softmax_params, for the score scale and beta */
} ss_attention_params;

/* query int8[heads * head_dim] and output likewise, head h at h * head_dim; element (p, h, d) of a ring at
 * p * row_stride + h * head_dim + d. scratch: round_up(positions, 4) bytes. output may be query (in place). */
void ss_attention_s8_ref(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch);

/* scratch: 2 * round_up(head_dim, 4) + 2 * round_up(positions, 4) bytes. */
void ss_attention_s8_dsp(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch);

/* scratch: 4 * round_up(positions, 4) bytes. */
void ss_attention_s8_mve(const ss_attention_params *params, const int8_t *query, const int8_t *keys,
                         const int8_t *values, int8_t *output, void *scratch);

/* -------------------------------------------------------------------------------------------------------- TABLES */

/* output[i] = table[input[i] as uint8]: LOGISTIC, TANH, RELU, RELU6, LEAKY_RELU, HARD_SWISH, QUANTIZE. */
typedef struct {
    int32_t size;
    const int8_t *table;               /* [256]: entries of inputs 0 ... 127, then of -128 ... -1 */
} ss_table_params;

/* output may be input (in place). scratch: none. */
void ss_table_s8_ref(const ss_table_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_table_s8_mve(const ss_table_params *params, const int8_t *input, int8_t *output, void *scratch);

/* ------------------------------------------------------------------------------------ SUB, MUL, MAXIMUM, MINIMUM */

/* As ss_add_s8, but rescale1(...) - rescale2(...). output may be input1 or input2 (in place). scratch: none. */
void ss_sub_s8_ref(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_sub_s8_dsp(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_sub_s8_mve(const ss_add_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);

/* output = clamp(requantize((a - zp1) * (b - zp2)) + output_zero_point). */
typedef struct {
    int32_t size;
    int32_t input1_zero_point;
    int32_t input2_zero_point;
    int32_t output_zero_point;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t activation_min;
    int32_t activation_max;
} ss_mul_params;

/* output may be input1 or input2 (in place). scratch: none. _mve: output_shift <= 0; _dsp: output_shift < 0. */
void ss_mul_s8_ref(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_mul_s8_dsp(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);
void ss_mul_s8_mve(const ss_mul_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                   void *scratch);

/* The larger or the smaller of two bytes. */
typedef struct {
    int32_t size;
} ss_extremum_params;

/* output may be input1 or input2 (in place). scratch: none. */
void ss_maximum_s8_ref(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);
void ss_maximum_s8_dsp(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);
void ss_maximum_s8_mve(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);
void ss_minimum_s8_ref(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);
void ss_minimum_s8_dsp(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);
void ss_minimum_s8_mve(const ss_extremum_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);

/* ---------------------------------------------------------------------------------------- COMPARISONS, LOGIC OF BOOLS */

/* a' = requantize((a - zp1) * 256), b' likewise; output 1 where bit 0 (a' < b'), 1 (a' == b') or 2 (a' > b') of
 * `accepted` is set for their order, else 0: EQUAL 2, NOT_EQUAL 5, GREATER 4, GREATER_EQUAL 6, LESS 1, LESS_EQUAL 3. */
typedef struct {
    int32_t size;
    int32_t input1_zero_point;
    int32_t input1_multiplier;
    int32_t input1_shift;
    int32_t input2_zero_point;
    int32_t input2_multiplier;
    int32_t input2_shift;
    int32_t accepted;
} ss_compare_params;

/* output may be input1 or input2 (in place). scratch: none. */
void ss_compare_s8_ref(const ss_compare_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);

/* Bools, 0 or 1 each: output = bit 2 a + b of `truth`. AND 8, OR 14, EQUAL 9, NOT_EQUAL 6; NOT 1, of one input twice. */
typedef struct {
    int32_t size;
    int32_t truth;
} ss_logical_params;

/* output may be input1 or input2 (in place). scratch: none. */
void ss_logical_s8_ref(const ss_logical_params *params, const int8_t *input1, const int8_t *input2, int8_t *output,
                       void *scratch);

/* ------------------------------------------------------------------------------------------- WINDOWS OF AN IMAGE */

/* Where the windows of a convolution or a pooling lie in an image int8[batches][image_rows][image_columns][channels].
 * Window (y, x) begins at row y * stride_rows - padding_rows and column x * stride_columns - padding_columns. */
typedef struct {
    int32_t batches;
    int32_t image_rows;
    int32_t image_columns;
    int32_t channels;
    int32_t kernel_rows;
    int32_t kernel_columns;
    int32_t stride_rows;
    int32_t stride_columns;
    int32_t dilation_rows;
    int32_t dilation_columns;
    int32_t padding_rows;              /* above the image */
    int32_t padding_columns;           /* left of the image */
    int32_t output_rows;
    int32_t output_columns;
    int32_t fill;                      /* what lies outside the image: the input's zero point */
    int32_t repeat;                    /* copies of every channel, one after the other (depth multiplier) */
    int32_t column_bytes;              /* scratch of one window; 0: every window lies in one piece in the image */
} ss_window;

/* column int8[kernel_rows][kernel_columns][channels * repeat] := window (row, column) of one image of the batch. */
void ss_window_s8_ref(const ss_window *window, const int8_t *image, int32_t row, int32_t column_index, int8_t *column);

/* CONV_2D: every window through a FULLY_CONNECTED layer. Weights [out][kernel_rows][kernel_columns][channels]. */
typedef struct {
    ss_window window;
    ss_fully_connected_params layer;
} ss_conv_2d_params;

typedef struct {
    ss_window window;
    ss_fully_connected_packed_params layer;
} ss_conv_2d_packed_params;

/* scratch: window.column_bytes, then the scratch of the layer's kernel. */
void ss_conv_2d_s8_ref(const ss_conv_2d_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_conv_2d_s8_dsp(const ss_conv_2d_packed_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_conv_2d_s8_mve(const ss_conv_2d_packed_params *params, const int8_t *input, int8_t *output, void *scratch);

/* DEPTHWISE_CONV_2D: every window through a depthwise convolution over its kernel_rows * kernel_columns positions. */
typedef struct {
    ss_window window;
    ss_depthwise_ring_params layer;
} ss_depthwise_conv_2d_params;

typedef struct {
    ss_window window;
    ss_depthwise_ring_packed_params layer;
} ss_depthwise_conv_2d_packed_params;

/* scratch: window.column_bytes, then the scratch of the layer's kernel. */
void ss_depthwise_conv_2d_s8_ref(const ss_depthwise_conv_2d_params *params, const int8_t *input, int8_t *output,
                                 void *scratch);
void ss_depthwise_conv_2d_s8_dsp(const ss_depthwise_conv_2d_packed_params *params, const int8_t *input, int8_t *output,
                                 void *scratch);
void ss_depthwise_conv_2d_s8_mve(const ss_depthwise_conv_2d_params *params, const int8_t *input, int8_t *output,
                                 void *scratch);

/* AVERAGE_POOL_2D and MAX_POOL_2D: positions outside the image do not count. Dilation 1. */
typedef struct {
    ss_window window;
    int32_t activation_min;
    int32_t activation_max;
} ss_pool_params;

/* scratch: none. */
void ss_average_pool_s8_ref(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_average_pool_s8_dsp(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_average_pool_s8_mve(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_max_pool_s8_ref(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_max_pool_s8_dsp(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_max_pool_s8_mve(const ss_pool_params *params, const int8_t *input, int8_t *output, void *scratch);

/* ---------------------------------------------------------------------------------------------------------- MEAN */

/* Mean over one or two axes: three loops over what is kept, two over what is reduced; strides in elements.
 * output = clamp8(requantize(sum + offset) + output_zero_point); the multiplier holds 1 / count, may be below 2^30. */
typedef struct {
    int32_t kept0_count;
    int32_t kept0_stride;
    int32_t kept1_count;
    int32_t kept1_stride;
    int32_t kept2_count;
    int32_t kept2_stride;
    int32_t reduced0_count;
    int32_t reduced0_stride;
    int32_t reduced1_count;
    int32_t reduced1_stride;
    int32_t offset;                    /* -count * input zero point */
    int32_t output_zero_point;
    int32_t output_multiplier;
    int32_t output_shift;
} ss_mean_params;

/* scratch: none. _dsp and _mve: reduced1_stride or kept2_stride is 1; _mve: output_shift <= 0. */
void ss_mean_s8_ref(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_mean_s8_dsp(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch);
void ss_mean_s8_mve(const ss_mean_params *params, const int8_t *input, int8_t *output, void *scratch);

/* ------------------------------------------------------------------------------------------------------------ SVDF */

/* A filter projects the input to one value, which enters its row of the state behind the `memory - 1` before it; `rank` rows
 * weighted over time are summed to one unit.
 * state[f][memory - 1] = clamp(requantize(feature_bias[f] + sum_k feature_weights[f][k] * input[k])) + state_zero_point
 * output[u] = clamp8(requantize(bias[u] + sum_{f of u} sum_t time_weights[f][t] * state[f][t]) + output_zero_point) */
typedef struct {
    int32_t batches;
    int32_t input_size;
    int32_t memory;                    /* values of a row of the state */
    int32_t rank;                      /* filters of a unit */
    int32_t units;
    int32_t feature_multiplier;
    int32_t feature_shift;
    int32_t state_zero_point;
    int32_t output_zero_point;
    int32_t output_multiplier;
    int32_t output_shift;
    const int8_t *feature_weights;     /* [units * rank][input_size] */
    const int32_t *feature_bias;       /* [units * rank], -input zero point * sum_k feature_weights */
    const int32_t *bias;               /* [units], state zero point folded in */
    const int8_t *time_weights;        /* [units * rank][memory], for a state of int8 */
    const int16_t *time_weights_s16;   /* the same for a state of int16 */
} ss_svdf_params;

/* state: int8 [batches][units * rank][memory]. input [batches][input_size], output [batches][units]. scratch: none. */
void ss_svdf_s8_ref(const ss_svdf_params *params, const int8_t *input, int8_t *state, int8_t *output, void *scratch);
void ss_svdf_s8_dsp(const ss_svdf_params *params, const int8_t *input, int8_t *state, int8_t *output, void *scratch);
void ss_svdf_s8_mve(const ss_svdf_params *params, const int8_t *input, int8_t *state, int8_t *output, void *scratch);

/* The same with a state of int16, aligned to 4 bytes. scratch: none. */
void ss_svdf_s8_s16_ref(const ss_svdf_params *params, const int8_t *input, int16_t *state, int8_t *output, void *scratch);
void ss_svdf_s8_s16_dsp(const ss_svdf_params *params, const int8_t *input, int16_t *state, int8_t *output, void *scratch);
void ss_svdf_s8_s16_mve(const ss_svdf_params *params, const int8_t *input, int16_t *state, int8_t *output, void *scratch);

/* ------------------------------------------------------------------------------------------------------------ LSTM */

/* Four gates, in this order: input, forget, cell, output. Their inputs are int16 of scale 2^-12, their outputs Q0.15:
 *   gate input = clamp16(clamp16(requantize(input_bias + input_weights * input)) +
 *                        clamp16(requantize(hidden_bias + hidden_weights * hidden)))
 *   cell = forget * cell + input * tanh(cell gate); hidden = output * tanh(cell), which is the output, too. */
typedef struct {
    int32_t batches;
    int32_t steps;                     /* of a sequence, in one call */
    int32_t input_size;
    int32_t units;
    int32_t batch_stride;              /* in rows of input and output */
    int32_t step_stride;
    int32_t forget_multiplier;
    int32_t forget_shift;
    int32_t update_multiplier;
    int32_t update_shift;
    int32_t hidden_multiplier;
    int32_t hidden_shift;
    int32_t hidden_zero_point;
    int32_t tanh_multiplier;           /* (cell * this) >> tanh_shift, rounded, is in steps of 1 / 12288 */
    int32_t tanh_shift;                /* 0 ... 15 */
    int32_t cell_clip;                 /* largest magnitude of the cell; 0: none */
    const int8_t *input_weights;       /* [4][units][input_size] */
    const int8_t *hidden_weights;      /* [4][units][units] */
    const int32_t *input_bias;         /* [4][units], input zero point folded in */
    const int32_t *hidden_bias;        /* [4][units], -hidden zero point * sum of hidden_weights */
    const int32_t *factors;            /* [4][4]: multiplier and shift of the input's sum, then of the hidden one's */
    const uint16_t *sigmoid;           /* [256] */
} ss_lstm_params;

/* input [batches][steps][input_size] or [steps][batches][input_size], output likewise with units; hidden int8 and cell int16
 * [batches][units] are states. scratch: none. */
void ss_lstm_s8_ref(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                    void *scratch);
void ss_lstm_s8_dsp(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                    void *scratch);
void ss_lstm_s8_mve(const ss_lstm_params *params, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output,
                    void *scratch);

/* -------------------------------------------------------------------------------------------------- MOVING BYTES */

/* Four loops around a contiguous run; strides in bytes, of any sign, outermost first. */
typedef struct {
    int32_t count0;
    int32_t source0;
    int32_t target0;
    int32_t count1;
    int32_t source1;
    int32_t target1;
    int32_t count2;
    int32_t source2;
    int32_t target2;
    int32_t count3;
    int32_t source3;
    int32_t target3;
    int32_t run;
} ss_copy_strided_params;

/* input and output point at the first byte that is moved. scratch: none. */
void ss_copy_strided_s8_ref(const ss_copy_strided_params *params, const void *input, void *output, void *scratch);

typedef struct {
    int32_t size;
} ss_shift_params;

/* Moves `size` bytes to a lower address; input and output may overlap. scratch: none. */
void ss_shift_s8_ref(const ss_shift_params *params, const void *input, void *output, void *scratch);
void ss_shift_s8_mve(const ss_shift_params *params, const void *input, void *output, void *scratch);

/* ------------------------------------------------------------------------------------------------------- EMBEDDING */

/* Rows of a table, one a token: output[i * width + k] = table[tokens[i]][k]. */
typedef struct {
    int32_t token_count;
    int32_t width;
    const int8_t *table;               /* [V][width] */
} ss_embedding_params;

/* tokens int32[token_count], each in [0, V). */
void ss_embedding_s8_ref(const ss_embedding_params *params, const int32_t *tokens, int8_t *output, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
