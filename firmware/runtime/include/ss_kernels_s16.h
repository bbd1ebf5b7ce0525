/*
 * Kernels on int16 activations (TFLite's "16x8": weights stay int8). Part of ss_kernels.h; the rules there hold here, too.
 *
 * Every activation has zero point 0. Layers, convolutions, BATCH_MATMUL and the LSTM have variants for the DSP extension and for
 * Helium, ADD, SUB and MUL for Helium, all other kernels are portable. int16 inputs and outputs are aligned to 2 bytes. Bytes that are only moved go through
 * ss_copy_strided_s8_ref and ss_shift_s8_ref.
 */
#ifndef SS_KERNELS_S16_H
#define SS_KERNELS_S16_H

#include "ss_kernels.h"

/* ------------------------------------------------------------------------------ FULLY_CONNECTED, CONV_2D, DEPTHWISE_CONV_2D */

/* One vector times one constant matrix. TFLM sums in int64 where the bias is int64 or absent, and rounds once with 15 bits of the
 * multiplier (is_wide); else it sums in int32 and rounds twice. */
typedef struct {
    int32_t input_size;                /* K */
    int32_t output_size;               /* N */
    int32_t activation_min;            /* clamp of the output, in [-32768, 32767] */
    int32_t activation_max;
    int32_t is_wide;                   /* 1: ss_requantize_wide, else ss_requantize of the lower 32 bits */
    const int8_t *weights;             /* [N][K], zero point 0 */
    const int64_t *bias;               /* [N], magnitudes below 2^46 */
    const int32_t *multiplier;         /* [N]; is_wide: 15 bits */
    const int8_t *shift;               /* [N]; is_wide: right shift in [8, 46], else left positive as everywhere */
} ss_fully_connected_s16_params;

/* input int16[K], output int16[N]. scratch: none. */
void ss_fully_connected_s16_ref(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch);

/* Every whole group of four weights of a row is stored in the order 0, 2, 1, 3. */
void ss_fully_connected_s16_dsp(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch);

void ss_fully_connected_s16_mve(const ss_fully_connected_s16_params *params, const int16_t *input, int16_t *output,
                                void *scratch);

/* weights [out][kernel_rows][kernel_columns][channels]; window.fill and window.column_bytes do not count. */
typedef struct {
    ss_window window;
    ss_fully_connected_s16_params layer;
} ss_conv_2d_s16_params;

/* scratch: none. */
void ss_conv_2d_s16_ref(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output, void *scratch);
void ss_conv_2d_s16_dsp(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output, void *scratch);
void ss_conv_2d_s16_mve(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output, void *scratch);

/* layer.weights [kernel_rows][kernel_columns][channels * window.repeat]; always wide. scratch: none. */
void ss_depthwise_conv_2d_s16_ref(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch);

/* window.repeat 1, at most 511 taps a window. */
void ss_depthwise_conv_2d_s16_dsp(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch);
void ss_depthwise_conv_2d_s16_mve(const ss_conv_2d_s16_params *params, const int16_t *input, int16_t *output,
                                  void *scratch);

/* -------------------------------------------------------------------------------------------- ADD, SUB, MUL, MAXIMUM, MINIMUM */

/* As the int8 kernels, with TFLM's left_shift 15. output may be an input (in place). scratch: none. */
void ss_add_s16_ref(const ss_add_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);
void ss_sub_s16_ref(const ss_add_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);
void ss_mul_s16_ref(const ss_mul_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);

/* No left shift. */
void ss_add_s16_mve(const ss_add_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);
void ss_sub_s16_mve(const ss_add_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);
void ss_mul_s16_mve(const ss_mul_params *params, const int16_t *input1, const int16_t *input2, int16_t *output,
                    void *scratch);

void ss_maximum_s16_ref(const ss_extremum_params *params, const int16_t *input1, const int16_t *input2,
                        int16_t *output, void *scratch);
void ss_minimum_s16_ref(const ss_extremum_params *params, const int16_t *input1, const int16_t *input2,
                        int16_t *output, void *scratch);

/* -------------------------------------------------------------------------------------- QUANTIZE, RELU, RELU6, LEAKY_RELU */

/* output[i] = clamp(requantize(input[i] - input_zero_point) + output_zero_point); zero points other than 0 belong to int8. */
typedef struct {
    int32_t size;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t multiplier;
    int32_t shift;
    int32_t activation_min;
    int32_t activation_max;
} ss_requantize_params;

/* QUANTIZE between the widths, and of int16 to another scale; RELU. output of ss_requantize_s16_ref may be input. scratch: none. */
void ss_requantize_s8_s16_ref(const ss_requantize_params *params, const int8_t *input, int16_t *output, void *scratch);
void ss_requantize_s16_s8_ref(const ss_requantize_params *params, const int16_t *input, int8_t *output, void *scratch);
void ss_requantize_s16_ref(const ss_requantize_params *params, const int16_t *input, int16_t *output, void *scratch);

typedef struct {
    int32_t size;
    int32_t activation_min;
    int32_t activation_max;
} ss_clamp_params;

/* RELU6, which never rescales. output may be input. scratch: none. */
void ss_clamp_s16_ref(const ss_clamp_params *params, const int16_t *input, int16_t *output, void *scratch);

typedef struct {
    int32_t size;
    int32_t identity_multiplier;       /* of values from 0 on */
    int32_t identity_shift;
    int32_t slope_multiplier;          /* of values below 0 */
    int32_t slope_shift;
} ss_leaky_relu_params;

/* output may be input. scratch: none. */
void ss_leaky_relu_s16_ref(const ss_leaky_relu_params *params, const int16_t *input, int16_t *output, void *scratch);

/* ------------------------------------------------------------------------------------------------ LOGISTIC, TANH, SOFTMAX */

/* Interpolation in one table of the sigmoid; output scale 1/32768. */
typedef struct {
    int32_t size;
    int32_t multiplier;                /* brings the input to steps of 1/12288; in [3, 32767] */
    int32_t right_shift;               /* after it, rounding; in [0, 31] */
    const uint16_t *table;             /* [256]: sigmoid(i / 24), 16 fractional bits */
} ss_sigmoid_params;

/* output may be input. scratch: none. */
void ss_logistic_s16_ref(const ss_sigmoid_params *params, const int16_t *input, int16_t *output, void *scratch);
void ss_tanh_s16_ref(const ss_sigmoid_params *params, const int16_t *input, int16_t *output, void *scratch);

/* Rows of int16 to rows of probabilities with scale 1/32768. */
typedef struct {
    int32_t rows;
    int32_t size;                      /* elements a row, in [1, 32768] */
    int32_t multiplier;                /* brings differences of logits to 65535 steps over [-10, 0] */
    int32_t shift;
    const int16_t *exp_table;          /* [513]: exp over [-10, 0], 15 fractional bits */
    const int16_t *reciprocal_table;   /* [513]: 1 / (1 + x) over [0, 1], 15 fractional bits */
} ss_softmax_s16_params;

/* output may be input (in place). scratch: none. */
void ss_softmax_s16_ref(const ss_softmax_s16_params *params, const int16_t *input, int16_t *output, void *scratch);

/* ------------------------------------------------------------------------------------------------ BATCH_MATMUL, pools, MEAN */

/* Always wide: output_multiplier has 15 bits, output_shift is a right shift in [8, 46]. scratch: none. */
void ss_batch_matmul_s16_ref(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch);

/* lhs_depth_stride 1; _mve: rhs_depth_stride at most 8192. */
void ss_batch_matmul_s16_dsp(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch);
void ss_batch_matmul_s16_mve(const ss_batch_matmul_params *params, const int16_t *lhs, const int16_t *rhs,
                             int16_t *output, void *scratch);

/* At most 65535 positions a window, or elements a mean. scratch: none. */
void ss_average_pool_s16_ref(const ss_pool_params *params, const int16_t *input, int16_t *output, void *scratch);
void ss_max_pool_s16_ref(const ss_pool_params *params, const int16_t *input, int16_t *output, void *scratch);
void ss_mean_s16_ref(const ss_mean_params *params, const int16_t *input, int16_t *output, void *scratch);

/* -------------------------------------------------------------------------------------------- UNIDIRECTIONAL_SEQUENCE_LSTM */

/* As ss_lstm_s8, but the gates' sums are int64 and every shift in layer.factors is a right shift in [8, 46] of a product with 15
 * bits; layer.input_bias and layer.hidden_bias are not used, layer.hidden_zero_point is 0. */
typedef struct {
    ss_lstm_params layer;
    const int64_t *bias;               /* [4][units], magnitudes below 2^46 */
} ss_lstm_s16_params;

/* scratch: none. */
void ss_lstm_s16_ref(const ss_lstm_s16_params *params, const int16_t *input, int16_t *hidden, int16_t *cell,
                     int16_t *output, void *scratch);
void ss_lstm_s16_dsp(const ss_lstm_s16_params *params, const int16_t *input, int16_t *hidden, int16_t *cell,
                     int16_t *output, void *scratch);
void ss_lstm_s16_mve(const ss_lstm_s16_params *params, const int16_t *input, int16_t *hidden, int16_t *cell,
                     int16_t *output, void *scratch);

/* ---------------------------------------------------------------------------------------------------------------- PADV2 */

typedef struct {
    int32_t size;
    int32_t value;
} ss_fill_params;

/* scratch: none. */
void ss_fill_s16_ref(const ss_fill_params *params, int16_t *output, void *scratch);

#endif
