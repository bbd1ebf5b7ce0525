/* CONV and DEPTHWISE. */
#include <stdlib.h>

#include "npu_cycles.h"
#include "npu_output.h"
#include "npu_scale.h"
#include "npu_weights.h"
#include "npu_window.h"

typedef struct {
  npu_window window;
  npu_output output;
  npu_map input;
  bool depthwise;
  npu_weight_order order;
  int16_t *weights; /* [output][kernel y][kernel x][input] */
  npu_channel_scale *scales;
  int32_t *source; /* less the zero point */
  int32_t *result;
} convolution;

static bool open_maps(npu_machine *npu, convolution *c) {
  if (!npu_output_open(npu, &c->output)) {
    return false;
  }
  const npu_map *ofm = &c->output.map;
  if (!npu_window_open(npu, &c->window, ofm, NPU_CONVOLUTION_HEIGHT_MAX, NPU_CONVOLUTION_TAPS_MAX)) {
    return false;
  }
  const uint32_t depth = c->depthwise ? ofm->depth : npu_plus1(npu, NPU_SET_IFM_DEPTH_M1);
  if (!npu_map_open(npu, &c->input, NPU_IFM, npu_window_source_size(&c->window, c->window.height),
                    npu_window_source_size(&c->window, c->window.width), depth)) {
    return false;
  }
  if (c->input.bytes == 4) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "CONV takes no 32-bit input");
  }
  if (npu->set[NPU_SET_ACC_FORMAT] > NPU_ACC_INT40) {
    return npu_fail(npu, NPU_FAULT_UNMODELLED, "accumulator format %u is not modelled",
                    npu->set[NPU_SET_ACC_FORMAT]);
  }
  const uint32_t taps = c->window.kernel_height * c->window.kernel_width;
  return npu_within_limit(npu, (uint64_t)ofm->height * ofm->width * ofm->depth * taps *
                                   (c->depthwise ? 1 : depth));
}

static void open_order(const npu_machine *npu, convolution *c) {
  c->order = (npu_weight_order){
      .outputs = c->output.map.depth,
      .inputs = c->depthwise ? 1 : c->input.depth,
      .kernel_height = c->window.kernel_height,
      .kernel_width = c->window.kernel_width,
      .dilation_y = c->window.dilation_y,
      .dilation_x = c->window.dilation_x,
      .block_depth = npu_plus1(npu, NPU_SET_OFM_BLK_DEPTH_M1),
      .micro_depth = npu->accelerator->block_depth,
      .depthwise = c->depthwise,
      .part_kernel_first = c->window.part_kernel_first && !c->depthwise,
      .wide = c->input.bytes == 2,
  };
}

static const char *weights_text(npu_weights_status status) {
  switch (status) {
    case NPU_WEIGHTS_SHORT:
      return "the weight stream ends inside a slice";
    case NPU_WEIGHTS_HEADER:
      return "a slice header of the weight stream is ill-formed";
    case NPU_WEIGHTS_VALUE:
      return "a weight index has more than 9 bits";
    case NPU_WEIGHTS_TOO_MANY:
      return "the weight stream has more weights than the operation takes";
    default:
      return "no host memory for the weights";
  }
}

static bool arrange(npu_machine *npu, convolution *c, const uint8_t *stream, uint32_t length) {
  const uint64_t expected = npu_weights_expected(&c->order);
  npu_weight_list list;
  const npu_weights_status status = npu_weights_decode(stream, length, expected, &list);
  if (status != NPU_WEIGHTS_OK) {
    return npu_fail(npu, status == NPU_WEIGHTS_NO_MEMORY ? NPU_FAULT_LIMIT : NPU_FAULT_WEIGHTS, "%s",
                    weights_text(status));
  }
  bool good = list.count == expected;
  if (!good) {
    npu_fail(npu, NPU_FAULT_WEIGHTS, "the weight stream has %llu weights, the operation takes %llu",
             (unsigned long long)list.count, (unsigned long long)expected);
  } else {
    const uint64_t taps = (uint64_t)c->order.kernel_height * c->order.kernel_width;
    c->weights = npu_allocate(npu, taps * c->order.outputs * c->order.inputs, sizeof *c->weights);
    good = c->weights != NULL;
  }
  if (good) {
    npu_weights_arrange(&c->order, list.values, c->weights);
  }
  free(list.values);
  return good;
}

static bool load_weights(npu_machine *npu, convolution *c) {
  npu_stream stream;
  if (!npu_stream_open(npu, &stream, "weight", NPU_SET_WEIGHT_REGION, NPU_SET_WEIGHT_BASE,
                       NPU_SET_WEIGHT_LENGTH)) {
    return false;
  }
  uint8_t *data = npu_allocate(npu, stream.bytes, 1);
  const bool good = data && npu_read(npu, stream.region, stream.address, data, stream.bytes) &&
                    arrange(npu, c, data, stream.bytes);
  free(data);
  return good;
}

/* Sum over the input channels of one tap. */
static int64_t dot(const int32_t *values, const int16_t *weights, uint32_t count) {
  int64_t sum = 0;
  for (uint32_t index = 0; index < count; index++) {
    sum += (int64_t)values[index] * weights[index];
  }
  return sum;
}

/* The same where no partial sum can leave 32 bits: up to 2^14 products of 9-bit factors. */
static int64_t dot_narrow(const int32_t *values, const int16_t *weights, uint32_t count) {
  int32_t sum = 0;
  for (uint32_t index = 0; index < count; index++) {
    sum += values[index] * weights[index];
  }
  return sum;
}

static int64_t accumulate(const convolution *c, uint32_t y, uint32_t x, uint32_t channel) {
  const npu_window *window = &c->window;
  const uint32_t inputs = c->order.inputs;
  const bool narrow = c->input.bytes == 1 && inputs <= 1u << 12;
  const int16_t *weights =
      c->weights + (size_t)channel * window->kernel_height * window->kernel_width * inputs;
  int64_t sum = 0;
  for (uint32_t ky = 0; ky < window->kernel_height; ky++) {
    const int64_t row = (int64_t)y * window->stride_y - window->pad_top + (int64_t)ky * window->dilation_y;
    const int64_t from_y = npu_window_source(window, row, window->height);
    for (uint32_t kx = 0; kx < window->kernel_width; kx++, weights += inputs) {
      const int64_t column =
          (int64_t)x * window->stride_x - window->pad_left + (int64_t)kx * window->dilation_x;
      const int64_t from_x = npu_window_source(window, column, window->width);
      if (from_y < 0 || from_x < 0) {
        continue; /* padding is the zero point, which adds nothing */
      }
      const int32_t *values = c->source + ((size_t)from_y * c->input.width + (size_t)from_x) * c->input.depth;
      if (c->depthwise) {
        sum += (int64_t)values[channel] * weights[0];
      } else {
        sum += narrow ? dot_narrow(values, weights, inputs) : dot(values, weights, inputs);
      }
    }
  }
  return sum;
}

/* The accumulator wraps at its width. */
static int64_t cut(int64_t sum, uint32_t bits) {
  const uint32_t unused = 64 - bits;
  return (int64_t)((uint64_t)sum << unused) >> unused;
}

static void compute(npu_machine *npu, convolution *c) {
  const npu_map *ofm = &c->output.map;
  const uint32_t bits = npu->set[NPU_SET_ACC_FORMAT] == NPU_ACC_INT40 ? 40 : 32;
  int32_t *to = c->result;
  for (uint32_t y = 0; y < ofm->height; y++) {
    for (uint32_t x = 0; x < ofm->width; x++) {
      for (uint32_t channel = 0; channel < ofm->depth; channel++) {
        const npu_channel_scale *entry = &c->scales[channel];
        const int64_t sum = cut(accumulate(c, y, x, channel), bits) + entry->bias;
        *to++ = npu_output_scaled(&c->output, sum, c->output.global_scale ? c->output.scale : entry->scale,
                                  c->output.global_scale ? c->output.shift : entry->shift);
      }
    }
  }
}

static bool run(npu_machine *npu, convolution *c) {
  const npu_map *ofm = &c->output.map;
  c->scales = npu_allocate(npu, ofm->depth, sizeof *c->scales);
  c->result = npu_allocate(npu, (uint64_t)ofm->height * ofm->width * ofm->depth, sizeof *c->result);
  if (!c->scales || !c->result || !load_weights(npu, c) || !npu_read_scales(npu, c->scales, ofm->depth)) {
    return false;
  }
  c->source = npu_map_load(npu, &c->input, c->input.zero_point);
  if (!c->source) {
    return false;
  }
  compute(npu, c);
  npu_count_convolution(npu, ofm, &c->window, c->input.depth, c->input.bytes, c->depthwise);
  return npu_map_store(npu, ofm, c->result);
}

bool npu_convolution(npu_machine *npu, bool depthwise) {
  convolution c = {.depthwise = depthwise};
  if (!open_maps(npu, &c)) {
    return false;
  }
  open_order(npu, &c);
  const bool good = run(npu, &c);
  free(c.weights);
  free(c.scales);
  free(c.source);
  free(c.result);
  return good;
}
