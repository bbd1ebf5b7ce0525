/* The compressed weight stream: decoding, and the order in which the NPU consumes weights. */
#ifndef SKIPSTONE_NPU_WEIGHTS_H
#define SKIPSTONE_NPU_WEIGHTS_H

#include "npu_machine.h"

/* Signed weights (9 bits) in stream order, to be freed with free(). */
typedef struct {
  int16_t *values;
  uint64_t count;
} npu_weight_list;

typedef enum {
  NPU_WEIGHTS_OK = 0,
  NPU_WEIGHTS_SHORT,    /* the stream ends inside a slice */
  NPU_WEIGHTS_HEADER,   /* a slice header that does not exist */
  NPU_WEIGHTS_VALUE,    /* a weight index or a zero run beyond what the format can hold */
  NPU_WEIGHTS_TOO_MANY, /* more weights than limit */
  NPU_WEIGHTS_NO_MEMORY
} npu_weights_status;

/* Decode bytes bytes of stream; at most limit weights. list is empty where the result is not OK. */
npu_weights_status npu_weights_decode(const uint8_t *stream, uint32_t bytes, uint64_t limit,
                                      npu_weight_list *list);

/* What orders the weights of one operation. */
typedef struct {
  uint32_t outputs, inputs;              /* channels; inputs = 1 for a depthwise operation */
  uint32_t kernel_height, kernel_width;  /* without dilation */
  uint32_t dilation_y, dilation_x;       /* 1 or 2 */
  uint32_t block_depth;                  /* OFM block depth */
  uint32_t micro_depth;                  /* depth of the output micro-block: 4 or 8 */
  bool depthwise, part_kernel_first;
  bool wide;                             /* 16-bit input feature map */
} npu_weight_order;

/* Number of weights of the stream, padding included. */
uint64_t npu_weights_expected(const npu_weight_order *order);

/* From stream order to [output][kernel y][kernel x][input]; list has at least the expected number. */
void npu_weights_arrange(const npu_weight_order *order, const int16_t *list, int16_t *weights);

#endif
