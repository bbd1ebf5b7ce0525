/* The kernel window: which elements of the input feature map belong to an output element. */
#ifndef SKIPSTONE_NPU_WINDOW_H
#define SKIPSTONE_NPU_WINDOW_H

#include "npu_feature_map.h"

typedef struct {
  uint32_t kernel_height, kernel_width; /* taps */
  uint32_t dilation_y, dilation_x;
  uint32_t stride_y, stride_x;
  uint32_t pad_top, pad_left;
  uint32_t height, width; /* of the input as the kernel sees it, that is after upscaling */
  uint32_t upscale;       /* NPU_UPSCALE_* */
  bool part_kernel_first;
  bool padded; /* some pad register is not 0 */
} npu_window;

/* The largest kernel, dilated: its height, and height times width. */
enum {
  NPU_CONVOLUTION_HEIGHT_MAX = 64,
  NPU_CONVOLUTION_TAPS_MAX = 64 * 64,
  NPU_POOLING_HEIGHT_MAX = 256,
  NPU_POOLING_TAPS_MAX = 256 * 256
};

/* Read the KERNEL_*, IFM_PAD_* and IFM_UPSCALE registers for an output of the given size; the kernel may not be
   higher than height_max nor have more than taps_max elements. */
bool npu_window_open(npu_machine *npu, npu_window *window, const npu_map *ofm, uint32_t height_max,
                     uint32_t taps_max);

/* Size in memory of an axis that the kernel sees with `size` elements. */
uint32_t npu_window_source_size(const npu_window *window, uint32_t size);

/* Index in memory of a coordinate along an axis; -1 for padding, -2 for a zero that upscaling put in. */
static inline int64_t npu_window_source(const npu_window *window, int64_t coordinate, uint32_t size) {
  if (coordinate < 0 || coordinate >= (int64_t)size) {
    return -1;
  }
  if (window->upscale == NPU_UPSCALE_NONE) {
    return coordinate;
  }
  return window->upscale == NPU_UPSCALE_ZEROS && (coordinate & 1) ? -2 : coordinate / 2;
}

#endif
