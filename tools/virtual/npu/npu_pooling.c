/* POOL: maximum, average, and the sum over channels. */
#include <stdlib.h>

#include "npu_cycles.h"
#include "npu_output.h"
#include "npu_scale.h"
#include "npu_window.h"

typedef struct {
  npu_window window;
  npu_output output;
  npu_map input;
  uint32_t mode;
  int32_t *source; /* less the zero point */
} pooling;

/* What a window holds. */
typedef struct {
  int64_t sum, maximum;
  uint32_t count; /* elements that are not padding */
} window_content;

/* Scale and shift that divide by count: the quotient of 2^(31+k) and count, rounded up, k = bits of count - 1. */
static void divide_by(uint32_t count, uint32_t *scale, uint32_t *shift) {
  uint32_t bits = 0;
  while ((count - 1) >> bits) {
    bits++;
  }
  *shift = 31 + bits;
  *scale = (uint32_t)((((uint64_t)1 << *shift) + ((uint64_t)1 << bits)) / count);
}

static window_content gather(const pooling *p, uint32_t y, uint32_t x, uint32_t channel) {
  const npu_window *window = &p->window;
  window_content content = {0, INT32_MIN, 0};
  for (uint32_t ky = 0; ky < window->kernel_height; ky++) {
    const int64_t row = (int64_t)y * window->stride_y - window->pad_top + (int64_t)ky * window->dilation_y;
    const int64_t from_y = npu_window_source(window, row, window->height);
    for (uint32_t kx = 0; kx < window->kernel_width; kx++) {
      const int64_t column =
          (int64_t)x * window->stride_x - window->pad_left + (int64_t)kx * window->dilation_x;
      const int64_t from_x = npu_window_source(window, column, window->width);
      if (from_y == -1 || from_x == -1) {
        continue;
      }
      const bool zero = from_y < 0 || from_x < 0;
      const int32_t value =
          zero ? 0
               : p->source[((size_t)from_y * p->input.width + (size_t)from_x) * p->input.depth + channel];
      content.sum += value;
      content.maximum = value > content.maximum ? value : content.maximum;
      content.count++;
    }
  }
  return content;
}

static int64_t channel_sum(const pooling *p, uint32_t y, uint32_t x) {
  const int32_t *values = p->source + ((size_t)y * p->input.width + x) * p->input.depth;
  int64_t sum = 0;
  for (uint32_t channel = 0; channel < p->input.depth; channel++) {
    sum += values[channel];
  }
  return sum;
}

static int32_t pooled(const pooling *p, uint32_t y, uint32_t x, uint32_t channel) {
  const npu_output *output = &p->output;
  if (p->mode == NPU_POOL_REDUCE_SUM) {
    return npu_output_scaled(output, channel_sum(p, y, x), output->scale, output->shift);
  }
  const window_content content = gather(p, y, x, channel);
  if (p->mode == NPU_POOL_MAX) {
    return npu_output_element(output, content.count ? content.maximum : 0);
  }
  if (output->global_scale && !p->window.padded) {
    return npu_output_scaled(output, content.sum, output->scale, output->shift);
  }
  uint32_t scale, shift; /* with padding the NPU divides by what is left of the window */
  divide_by(content.count ? content.count : 1, &scale, &shift);
  return npu_output_scaled(output, content.sum, scale, shift);
}

static bool open_maps(npu_machine *npu, pooling *p) {
  if (!npu_output_open(npu, &p->output)) {
    return false;
  }
  const npu_map *ofm = &p->output.map;
  const bool reduce = p->mode == NPU_POOL_REDUCE_SUM;
  if (!npu_window_open(npu, &p->window, ofm, NPU_POOLING_HEIGHT_MAX, NPU_POOLING_TAPS_MAX)) {
    return false;
  }
  const uint32_t taps = p->window.kernel_height * p->window.kernel_width;
  if (reduce && (taps != 1 || p->window.padded || p->window.upscale || p->window.stride_x != 1 ||
                 p->window.stride_y != 1)) {
    return npu_fail(npu, NPU_FAULT_UNMODELLED, "REDUCE_SUM with a window is not modelled");
  }
  if (reduce && (ofm->depth != 1 || !p->output.global_scale)) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "REDUCE_SUM needs one output channel and OFM_SCALE");
  }
  if (p->mode == NPU_POOL_AVERAGE && p->output.global_scale && p->window.padded &&
      (p->output.scale != 1 || p->output.shift != 0)) {
    return npu_fail(npu, NPU_FAULT_UNMODELLED, "an average with padding and OFM_SCALE is not modelled");
  }
  const uint32_t depth = reduce ? npu_plus1(npu, NPU_SET_IFM_DEPTH_M1) : ofm->depth;
  return npu_map_open(npu, &p->input, NPU_IFM, npu_window_source_size(&p->window, p->window.height),
                      npu_window_source_size(&p->window, p->window.width), depth) &&
         npu_within_limit(npu, (uint64_t)ofm->height * ofm->width * depth * taps);
}

bool npu_pooling(npu_machine *npu, uint32_t mode) {
  pooling p = {.mode = mode};
  if (mode > NPU_POOL_REDUCE_SUM) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "pooling mode %u does not exist", mode);
  }
  if (!open_maps(npu, &p)) {
    return false;
  }
  const npu_map *ofm = &p.output.map;
  p.source = npu_map_load(npu, &p.input, p.input.zero_point);
  int32_t *result = npu_allocate(npu, (uint64_t)ofm->height * ofm->width * ofm->depth, sizeof *result);
  bool good = p.source && result;
  int32_t *to = result;
  for (uint32_t y = 0; good && y < ofm->height; y++) {
    for (uint32_t x = 0; x < ofm->width; x++) {
      for (uint32_t channel = 0; channel < ofm->depth; channel++) {
        *to++ = pooled(&p, y, x, channel);
      }
    }
  }
  if (good) {
    npu_count_pooling(npu, ofm, &p.window, p.input.depth, p.input.bytes, mode);
    good = npu_map_store(npu, ofm, result);
  }
  free(p.source);
  free(result);
  return good;
}
