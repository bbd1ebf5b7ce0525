#include "npu_window.h"

/* Input elements along an axis: what the outputs cover, less the padding at both ends. */
static bool axis(npu_machine *npu, uint32_t outputs, uint32_t stride, uint32_t span, uint32_t pads,
                 uint32_t *size) {
  const uint64_t covered = (uint64_t)(outputs - 1) * stride + span;
  if (covered <= pads) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "the padding of %u leaves no input", pads);
  }
  *size = (uint32_t)(covered - pads);
  return true;
}

bool npu_window_open(npu_machine *npu, npu_window *window, const npu_map *ofm, uint32_t height_max,
                     uint32_t taps_max) {
  const uint32_t bits = npu->set[NPU_SET_KERNEL_STRIDE];
  window->stride_x = 1 + (bits & 1u) + ((bits >> 6 & 7u) << 1);
  window->stride_y = 1 + (bits >> 1 & 1u) + ((bits >> 9 & 7u) << 1);
  window->part_kernel_first = bits >> 2 & 1u;
  window->dilation_x = 1 + (bits >> 3 & 1u);
  window->dilation_y = 1 + (bits >> 4 & 1u);
  const uint32_t span_y = npu_plus1(npu, NPU_SET_KERNEL_HEIGHT_M1);
  const uint32_t span_x = npu_plus1(npu, NPU_SET_KERNEL_WIDTH_M1);
  window->kernel_height = (span_y - 1) / window->dilation_y + 1;
  window->kernel_width = (span_x - 1) / window->dilation_x + 1;
  if ((span_y - 1) % window->dilation_y || (span_x - 1) % window->dilation_x) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a kernel of %u×%u is not dilated by %u×%u", span_y, span_x,
                    window->dilation_y, window->dilation_x);
  }
  if (span_y > height_max || (uint64_t)span_y * span_x > taps_max) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a kernel of %u×%u is too large", span_y, span_x);
  }
  window->pad_top = npu->set[NPU_SET_IFM_PAD_TOP];
  window->pad_left = npu->set[NPU_SET_IFM_PAD_LEFT];
  const uint32_t bottom = npu->set[NPU_SET_IFM_PAD_BOTTOM], right = npu->set[NPU_SET_IFM_PAD_RIGHT];
  window->padded = window->pad_top || window->pad_left || bottom || right;
  window->upscale = npu->set[NPU_SET_IFM_UPSCALE];
  if (window->upscale > NPU_UPSCALE_ZEROS) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "IFM_UPSCALE %u does not exist", window->upscale);
  }
  return axis(npu, ofm->height, window->stride_y, span_y, window->pad_top + bottom, &window->height) &&
         axis(npu, ofm->width, window->stride_x, span_x, window->pad_left + right, &window->width);
}

uint32_t npu_window_source_size(const npu_window *window, uint32_t size) {
  return window->upscale == NPU_UPSCALE_NONE ? size : (size + 1) / 2;
}
