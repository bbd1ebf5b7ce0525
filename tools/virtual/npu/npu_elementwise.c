/* ELEMENTWISE: one or two operands of the output's shape. */
#include <stdlib.h>

#include "npu_cycles.h"
#include "npu_output.h"
#include "npu_scale.h"

enum { BROADCAST_HEIGHT = 1, BROADCAST_WIDTH = 2, BROADCAST_DEPTH = 4, REVERSED = 0x40, SCALAR = 0x80 };

/* Left shift of the operand that is not scaled where the other has a 32-bit scale. */
enum { UNSCALED_SHIFT_8BIT = 19, UNSCALED_SHIFT_16BIT = 14 };

typedef struct {
  uint32_t mode;
  npu_output output;
  npu_map first_map, second_map;
  int32_t *first, *second; /* less their zero points; second has one element where it is a scalar */
  bool binary, scalar, reversed;
  uint32_t scale_mode, scale_a, shift_a, scale_b, unscaled_shift;
} elementwise;

static bool is_binary(uint32_t mode) {
  return mode != NPU_ELEMENTWISE_LRELU && mode != NPU_ELEMENTWISE_ABS && mode != NPU_ELEMENTWISE_CLZ;
}

static bool open_second(npu_machine *npu, elementwise *e) {
  const npu_map *ofm = &e->output.map;
  const uint32_t broadcast = npu->set[NPU_SET_IFM2_BROADCAST];
  e->reversed = broadcast & REVERSED;
  e->scalar = broadcast & SCALAR;
  if (broadcast & ~(uint32_t)(BROADCAST_HEIGHT | BROADCAST_WIDTH | BROADCAST_DEPTH | REVERSED | SCALAR)) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "IFM2_BROADCAST 0x%04x sets reserved bits", broadcast);
  }
  const uint32_t height = e->scalar || (broadcast & BROADCAST_HEIGHT) ? 1 : ofm->height;
  const uint32_t width = e->scalar || (broadcast & BROADCAST_WIDTH) ? 1 : ofm->width;
  const uint32_t depth = e->scalar || (broadcast & BROADCAST_DEPTH) ? 1 : ofm->depth;
  return npu_map_open(npu, &e->second_map, NPU_IFM2, height, width, depth);
}

static bool open_maps(npu_machine *npu, elementwise *e) {
  if (!npu_output_open(npu, &e->output)) {
    return false;
  }
  const npu_map *ofm = &e->output.map;
  e->binary = is_binary(e->mode);
  if (!npu_map_open(npu, &e->first_map, NPU_IFM, ofm->height, ofm->width, ofm->depth) ||
      (e->binary && !open_second(npu, e))) {
    return false;
  }
  if (npu->set[NPU_SET_IFM_UPSCALE] != NPU_UPSCALE_NONE) {
    return npu_fail(npu, NPU_FAULT_UNMODELLED, "ELEMENTWISE with upscaling is not modelled");
  }
  e->scale_mode = npu->set[NPU_SET_IFM_PRECISION] >> 8 & 3u;
  e->scale_a = npu->payload[NPU_SET_OPA_SCALE];
  e->shift_a = npu->upper[NPU_SET_OPA_SCALE] & 63u;
  e->scale_b = npu->payload[NPU_SET_OPB_SCALE];
  e->unscaled_shift = e->first_map.bytes == 1 ? UNSCALED_SHIFT_8BIT : UNSCALED_SHIFT_16BIT;
  if (e->scale_mode > NPU_SCALE_B_32BIT) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "the operand scale mode 3 does not exist");
  }
  return true;
}

static bool load(npu_machine *npu, elementwise *e) {
  e->first = npu_map_load(npu, &e->first_map, e->first_map.zero_point);
  if (!e->first || !e->binary) {
    return e->first != NULL;
  }
  if (!e->scalar) {
    e->second = npu_map_load(npu, &e->second_map, e->second_map.zero_point);
    return e->second != NULL;
  }
  e->second = npu_allocate(npu, 1, sizeof *e->second);
  if (!e->second) {
    return false;
  }
  const uint16_t raw = npu->set[NPU_SET_IFM2_SCALAR];
  e->second[0] = (e->second_map.is_signed ? (int32_t)(int16_t)raw : (int32_t)raw) - e->second_map.zero_point;
  return true;
}

/* ADD and SUB bring their operands to one scale first. */
static int64_t operand_a(const elementwise *e, int64_t value) {
  switch (e->scale_mode) {
    case NPU_SCALE_BOTH_16BIT:
      return value * (int64_t)(e->scale_a & 0xFFFFu);
    case NPU_SCALE_A_32BIT:
      return npu_scale(value, e->scale_a, e->shift_a, NPU_ROUND_TFL);
    default:
      return value * ((int64_t)1 << e->unscaled_shift);
  }
}

/* The 32-bit scale is in OPA_SCALE whichever operand it is for. */
static int64_t operand_b(const elementwise *e, int64_t value) {
  switch (e->scale_mode) {
    case NPU_SCALE_BOTH_16BIT:
      return value * (int64_t)(e->scale_b & 0xFFFFu);
    case NPU_SCALE_B_32BIT:
      return npu_scale(value, e->scale_a, e->shift_a, NPU_ROUND_TFL);
    default:
      return value * ((int64_t)1 << e->unscaled_shift);
  }
}

static int64_t leading_zeros(int32_t value) {
  return value ? __builtin_clz((uint32_t)value) : 32;
}

/* A shift count outside 0..31 gives what shifting one by one would. */
static int64_t shift_left(int64_t value, int64_t count) {
  if (count <= 0) {
    return value;
  }
  return count > 31 ? 0 : (int32_t)((uint32_t)value << count);
}

static int64_t shift_right(int64_t value, int64_t count, uint32_t rounding) {
  return count <= 0 ? value : npu_shift_right(value, count > 62 ? 62 : (uint32_t)count, rounding);
}

/* The operator's value; *scaled says whether OFM_SCALE applies to it. */
static int64_t combine(const elementwise *e, int64_t a, int64_t b, bool *scaled) {
  switch (e->mode) {
    case NPU_ELEMENTWISE_MUL:
      return a * b;
    case NPU_ELEMENTWISE_ADD:
      return operand_a(e, a) + operand_b(e, b);
    case NPU_ELEMENTWISE_SUB:
      return operand_a(e, a) - operand_b(e, b);
    case NPU_ELEMENTWISE_LRELU:
      *scaled = a < 0;
      return a;
    case NPU_ELEMENTWISE_ABS:
      return a < 0 ? -a : a;
    default:
      *scaled = false;
      break;
  }
  switch (e->mode) {
    case NPU_ELEMENTWISE_MIN:
      return a < b ? a : b;
    case NPU_ELEMENTWISE_MAX:
      return a > b ? a : b;
    case NPU_ELEMENTWISE_CLZ:
      return leading_zeros((int32_t)a);
    case NPU_ELEMENTWISE_SHR:
      return shift_right(a, b, e->output.rounding);
    default:
      return shift_left(a, b);
  }
}

/* A product of 32-bit operands is only shifted: the operand is the scale. (The streams of vela 5.2 say so: an
   int32 MUL that is to give a·b / 2^31 comes with a scale of 2^30 and a shift of 31.) */
static int32_t element(const elementwise *e, int64_t first, int64_t second) {
  const npu_output *output = &e->output;
  bool scaled = true;
  const int64_t value = e->reversed ? combine(e, second, first, &scaled) : combine(e, first, second, &scaled);
  if (!scaled) {
    return npu_output_element(output, value);
  }
  const bool shift_only = e->mode == NPU_ELEMENTWISE_MUL && e->first_map.bytes == 4;
  return npu_output_scaled(output, value, shift_only ? 1 : output->scale, output->shift);
}

static void compute(const elementwise *e, int32_t *to) {
  const npu_map *ofm = &e->output.map, *second = &e->second_map;
  const int32_t *from = e->first;
  for (uint32_t y = 0; y < ofm->height; y++) {
    for (uint32_t x = 0; x < ofm->width; x++) {
      for (uint32_t channel = 0; channel < ofm->depth; channel++) {
        int64_t other = 0;
        if (e->binary) {
          const size_t pixel = (size_t)(second->height > 1 ? y : 0) * second->width + (second->width > 1 ? x : 0);
          other = e->second[pixel * second->depth + (second->depth > 1 ? channel : 0)];
        }
        *to++ = element(e, *from++, other);
      }
    }
  }
}

bool npu_elementwise(npu_machine *npu, uint32_t mode) {
  elementwise e = {.mode = mode};
  if (mode > NPU_ELEMENTWISE_SHL) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "element-wise mode %u does not exist", mode);
  }
  if (!open_maps(npu, &e)) {
    return false;
  }
  const npu_map *ofm = &e.output.map;
  int32_t *result = npu_allocate(npu, (uint64_t)ofm->height * ofm->width * ofm->depth, sizeof *result);
  bool good = result && load(npu, &e);
  if (good) {
    compute(&e, result);
    npu_count_elementwise(npu, ofm, mode, e.first_map.bytes, e.binary);
    good = npu_map_store(npu, ofm, result);
  }
  free(e.first);
  free(e.second);
  free(result);
  return good;
}
