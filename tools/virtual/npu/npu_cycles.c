/* Modelled cycles, without memory stalls and pipeline delays: the MAC array by the published size of its
   micro-blocks, the output unit by the cycles per element that vela 5.2 publishes for each accelerator. */
#include "npu_cycles.h"

enum { SUBKERNEL = 8 };

typedef enum { WIDE_UNARY, WIDE_BINARY, MUL_32BIT, MUL_OR_40BIT, ADD_SUB, MAX_POOL, OTHER, PATHS } output_path;

/* Eighths of a cycle per element. */
static const uint8_t OUTPUT_EIGHTHS[4][PATHS] = {
    {16, 24, 24, 24, 48, 8, 16}, {8, 12, 12, 12, 24, 4, 8}, {6, 10, 6, 6, 12, 2, 4}, {5, 9, 4, 3, 6, 1, 2}};
/* The activation alone, where there is a table. */
static const uint8_t TABLE_EIGHTHS[4] = {8, 8, 8, 8};

static uint64_t parts(uint64_t size, uint64_t of) {
  return (size + of - 1) / of;
}

static uint64_t largest(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static uint32_t model_index(const npu_machine *npu) {
  switch (npu->accelerator->macs_per_cycle) {
    case 32:
      return 0;
    case 64:
      return 1;
    case 128:
      return 2;
    default:
      return 3;
  }
}

static void count_output(npu_machine *npu, const npu_map *ofm, output_path path) {
  const uint32_t index = model_index(npu);
  const bool table = (npu->set[NPU_SET_ACTIVATION] & 0xFFFu) != 0;
  const uint64_t eighths = largest(OUTPUT_EIGHTHS[index][path], table ? TABLE_EIGHTHS[index] : 0);
  const uint64_t elements = (uint64_t)ofm->height * ofm->width * ofm->depth;
  npu->counts.output_cycles += parts(elements * eighths, 8);
  npu->counts.blocks += parts(ofm->height, npu_plus1(npu, NPU_SET_OFM_BLK_HEIGHT_M1)) *
                        parts(ofm->width, npu_plus1(npu, NPU_SET_OFM_BLK_WIDTH_M1)) *
                        parts(ofm->depth, npu_plus1(npu, NPU_SET_OFM_BLK_DEPTH_M1));
}

static output_path mac_path(const npu_machine *npu) {
  return npu->set[NPU_SET_ACC_FORMAT] == NPU_ACC_INT40 ? MUL_OR_40BIT : OTHER;
}

/* Steps of the array over the taps of the kernel, sub-kernel by sub-kernel. */
static uint64_t kernel_steps(const npu_window *window, uint32_t taps_per_step) {
  const uint32_t limit_y = SUBKERNEL / window->dilation_y, limit_x = SUBKERNEL / window->dilation_x;
  uint64_t steps = 0;
  for (uint32_t y = 0; y < window->kernel_height; y += limit_y) {
    const uint32_t height = window->kernel_height - y < limit_y ? window->kernel_height - y : limit_y;
    for (uint32_t x = 0; x < window->kernel_width; x += limit_x) {
      const uint32_t width = window->kernel_width - x < limit_x ? window->kernel_width - x : limit_x;
      steps += parts((uint64_t)height * width, taps_per_step);
    }
  }
  return steps;
}

/* Micro-blocks of a plane. A step takes 4 cycles a micro-block, and no less than decoding its weights. */
static uint64_t plane(const npu_machine *npu, const npu_map *ofm) {
  return parts(ofm->height, npu->accelerator->block_height) * parts(ofm->width, npu->accelerator->block_width);
}

void npu_count_convolution(npu_machine *npu, const npu_map *ofm, const npu_window *window, uint32_t ifm_depth,
                           uint32_t ifm_bytes, bool depthwise) {
  const uint32_t micro_depth = npu->accelerator->block_depth;
  const uint64_t elements = (uint64_t)ofm->height * ofm->width * ofm->depth;
  const uint64_t taps = (uint64_t)window->kernel_height * window->kernel_width;
  uint64_t step = largest(4 * micro_depth, 4 * plane(npu, ofm));
  uint64_t steps = parts(ofm->depth, micro_depth);
  if (depthwise) {
    step = largest(4 * micro_depth, 4 * plane(npu, ofm) * ifm_bytes);
    steps *= kernel_steps(window, 4);
  } else if (window->part_kernel_first) {
    steps *= kernel_steps(window, ifm_bytes == 2 ? 2 : 4) * parts(ifm_depth, 8);
  } else {
    steps *= kernel_steps(window, 1) * parts(ifm_depth, ifm_bytes == 2 ? 16 : 32);
  }
  npu->counts.macs += elements * taps * (depthwise ? 1 : ifm_depth);
  npu->counts.mac_cycles += step * steps;
  count_output(npu, ofm, mac_path(npu));
}

void npu_count_pooling(npu_machine *npu, const npu_map *ofm, const npu_window *window, uint32_t ifm_depth,
                       uint32_t ifm_bytes, uint32_t mode) {
  const uint64_t depth = parts(mode == NPU_POOL_REDUCE_SUM ? ifm_depth : ofm->depth, npu->accelerator->block_depth);
  const uint64_t taps = largest(4, (uint64_t)window->kernel_height * window->kernel_width);
  npu->counts.mac_cycles += taps * plane(npu, ofm) * depth * (ifm_bytes == 2 ? 2 : 1);
  count_output(npu, ofm, mode == NPU_POOL_MAX ? MAX_POOL : mac_path(npu));
}

void npu_count_elementwise(npu_machine *npu, const npu_map *ofm, uint32_t mode, uint32_t ifm_bytes, bool binary) {
  output_path path = OTHER;
  if (ifm_bytes == 4) {
    path = binary ? WIDE_BINARY : WIDE_UNARY;
  } else if (mode == NPU_ELEMENTWISE_MUL) {
    path = ofm->bytes == 4 ? MUL_32BIT : MUL_OR_40BIT;
  } else if (mode == NPU_ELEMENTWISE_ADD || mode == NPU_ELEMENTWISE_SUB) {
    path = ADD_SUB;
  }
  count_output(npu, ofm, path);
}
