/* The order of weights in the stream: output blocks, input blocks, sub-kernels of at most 8×8 taps, then
   depth first (all taps of a sub-kernel outside, input channels inside) or part kernel first (the reverse).
   Everything is padded with zeros to whole micro-blocks. */
#include "npu_weights.h"

enum { INPUT_MICRO = 8, SUBKERNEL = 8 };

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t round_up(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/* A sub-kernel within one output block and one input block. */
typedef struct {
  uint32_t output, outputs; /* first channel and number of channels of the block */
  uint32_t input, inputs;
  uint32_t y, x, height, width;
  uint32_t taps; /* padded */
} piece;

/* Walks over the stream; weights is NULL to count only. */
typedef struct {
  const npu_weight_order *order;
  const int16_t *list;
  int16_t *weights;
  uint64_t position;
} walk;

/* One micro-block: micro_depth outputs × inputs of one tap. */
static void micro_block(walk *w, const piece *p, uint32_t output, uint32_t input, uint32_t tap) {
  const npu_weight_order *order = w->order;
  const uint32_t inputs = order->depthwise ? 1 : INPUT_MICRO;
  if (w->weights) {
    const uint32_t y = p->y + tap / p->width, x = p->x + tap % p->width;
    const bool padding = tap / p->width >= p->height;
    for (uint32_t o = 0; o < order->micro_depth && !padding; o++) {
      for (uint32_t i = 0; i < inputs; i++) {
        if (output + o < order->outputs && input + i < order->inputs) {
          const uint64_t row = ((uint64_t)(output + o) * order->kernel_height + y) * order->kernel_width + x;
          w->weights[row * order->inputs + input + i] = w->list[w->position + (uint64_t)o * inputs + i];
        }
      }
    }
  }
  w->position += (uint64_t)order->micro_depth * inputs;
}

static void walk_piece(walk *w, const piece *p) {
  const npu_weight_order *order = w->order;
  const uint32_t outer = order->part_kernel_first ? p->inputs : 1;
  const uint32_t inner = order->part_kernel_first ? 1 : p->inputs;
  for (uint32_t outside = 0; outside < outer; outside += INPUT_MICRO) {
    for (uint32_t output = 0; output < p->outputs; output += order->micro_depth) {
      for (uint32_t tap = 0; tap < p->taps; tap++) {
        for (uint32_t inside = 0; inside < inner; inside += INPUT_MICRO) {
          micro_block(w, p, p->output + output, p->input + outside + inside, tap);
        }
      }
    }
  }
}

static uint32_t padded_taps(const npu_weight_order *order, uint32_t taps) {
  if (order->depthwise) {
    return round_up(taps, 4);
  }
  return order->part_kernel_first ? round_up(taps, order->wide ? 2 : 4) : taps;
}

static void walk_kernel(walk *w, piece *p) {
  const npu_weight_order *order = w->order;
  const uint32_t step_y = SUBKERNEL / order->dilation_y, step_x = SUBKERNEL / order->dilation_x;
  for (p->y = 0; p->y < order->kernel_height; p->y += step_y) {
    p->height = smaller(order->kernel_height - p->y, step_y);
    for (p->x = 0; p->x < order->kernel_width; p->x += step_x) {
      p->width = smaller(order->kernel_width - p->x, step_x);
      p->taps = padded_taps(order, p->height * p->width);
      walk_piece(w, p);
    }
  }
}

static void walk_all(walk *w) {
  const npu_weight_order *order = w->order;
  const uint32_t input_block = order->part_kernel_first || order->wide ? 16 : 32;
  const uint32_t inputs = order->depthwise ? 1 : order->inputs;
  piece p;
  for (p.output = 0; p.output < order->outputs; p.output += order->block_depth) {
    p.outputs = smaller(order->block_depth, order->outputs - p.output);
    for (p.input = 0; p.input < inputs; p.input += input_block) {
      p.inputs = order->part_kernel_first ? smaller(input_block, order->inputs - p.input) : input_block;
      if (order->depthwise) {
        p.inputs = INPUT_MICRO;
      }
      walk_kernel(w, &p);
    }
  }
}

uint64_t npu_weights_expected(const npu_weight_order *order) {
  walk w = {.order = order};
  walk_all(&w);
  return w.position;
}

void npu_weights_arrange(const npu_weight_order *order, const int16_t *list, int16_t *weights) {
  walk w = {.order = order, .list = list, .weights = weights};
  walk_all(&w);
}
