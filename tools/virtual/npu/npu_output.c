#include "npu_output.h"

#include "npu_scale.h"
#include "npu_sigmoid.h"

enum {
  FIRST_TABLE = 16, /* activation types 16..23 name look-up tables */
  TABLE_SLOT = 256, /* bytes from one table to the next */
  CLIP_OFM = 0,
  CLIP_UINT8 = 2,
  CLIP_INT8 = 3,
  CLIP_INT16 = 5
};

/* Type and range of the values that the activation sees. */
typedef struct {
  uint32_t bytes;
  bool is_signed;
} clip_type;

static bool clip(npu_machine *npu, const npu_map *map, clip_type *type) {
  const uint32_t range = npu->set[NPU_SET_ACTIVATION] >> 12;
  switch (range) {
    case CLIP_OFM:
      *type = (clip_type){map->bytes, map->is_signed};
      return true;
    case CLIP_UINT8:
      *type = (clip_type){1, false};
      return true;
    case CLIP_INT8:
      *type = (clip_type){1, true};
      return true;
    case CLIP_INT16:
      *type = (clip_type){2, true};
      return true;
    default:
      return npu_fail(npu, NPU_FAULT_COMMAND, "ACTIVATION clip range %u does not exist", range);
  }
}

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ACTIVATION_MIN and _MAX have 16 bits: a 32-bit range is not clamped by them, nor is a zero point added to it.
   (Streams of vela's older core for softmax set both for 32-bit outputs where neither may have an effect.) */
static void open_range(npu_machine *npu, npu_output *output, const clip_type *type) {
  if (type->bytes == 4) {
    output->map.zero_point = 0;
    output->minimum = INT32_MIN;
    output->maximum = INT32_MAX;
    return;
  }
  const int64_t span = (int64_t)1 << (8 * type->bytes);
  const int64_t low = type->is_signed ? -span / 2 : 0;
  const bool wide_unsigned = !type->is_signed && type->bytes == 2;
  const int64_t minimum =
      wide_unsigned ? npu->set[NPU_SET_ACTIVATION_MIN] : npu_signed(npu, NPU_SET_ACTIVATION_MIN);
  const int64_t maximum =
      wide_unsigned ? npu->set[NPU_SET_ACTIVATION_MAX] : npu_signed(npu, NPU_SET_ACTIVATION_MAX);
  const int64_t high = low + span - 1;
  output->minimum = smaller(larger(low, minimum), high);
  output->maximum = smaller(larger(low, maximum), high);
}

static bool open_activation(npu_machine *npu, npu_output *output, const clip_type *type) {
  const uint32_t activation = npu->set[NPU_SET_ACTIVATION] & 0xFFFu;
  output->table = NULL;
  output->function = NPU_ACTIVATION_NONE;
  if (activation == NPU_ACTIVATION_NONE) {
    return true;
  }
  if (activation == NPU_ACTIVATION_TANH || activation == NPU_ACTIVATION_SIGMOID) {
    output->function = activation;
    const bool good = type->bytes == 2 && type->is_signed && output->map.bytes == 2 && !output->map.zero_point;
    return good || npu_fail(npu, NPU_FAULT_UNMODELLED,
                            "the built-in TANH and SIGMOID are not modelled but for int16 outputs of zero point 0");
  }
  if (activation < FIRST_TABLE || activation > FIRST_TABLE + 7) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "ACTIVATION type %u does not exist", activation);
  }
  const uint32_t slot = (activation - FIRST_TABLE) * TABLE_SLOT;
  uint32_t bytes;
  if (type->bytes == 1 && (output->map.bytes == 1 || output->map.bytes == 4)) {
    output->table_type = output->map.bytes;
    output->table_first = type->is_signed ? -128 : 0;
    bytes = 256 * output->map.bytes;
  } else if (type->bytes == 2 && type->is_signed && output->map.bytes >= 2) {
    output->table_type = 0;
    output->table_first = INT16_MIN;
    bytes = NPU_LUT_BYTES;
  } else {
    return npu_fail(npu, NPU_FAULT_UNMODELLED, "a table from %u-byte to %u-byte values is not modelled",
                    type->bytes, output->map.bytes);
  }
  if (slot + bytes > NPU_LUT_BYTES) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "table %u of %u bytes does not fit the table memory",
                    activation - FIRST_TABLE, bytes);
  }
  const uint32_t offset = npu->accelerator->shram_bytes - NPU_LUT_BYTES + slot;
  output->table = npu->shram + offset;
  npu_order_operand(&npu->order);
  npu_order_note(&npu->order, NPU_ORDER_SHRAM, offset, bytes, false);
  return true;
}

bool npu_output_open(npu_machine *npu, npu_output *output) {
  clip_type type = {0};
  if (!npu_map_open(npu, &output->map, NPU_OFM, npu_plus1(npu, NPU_SET_OFM_HEIGHT_M1),
                    npu_plus1(npu, NPU_SET_OFM_WIDTH_M1), npu_plus1(npu, NPU_SET_OFM_DEPTH_M1)) ||
      !clip(npu, &output->map, &type) || !open_activation(npu, output, &type)) {
    return false;
  }
  open_range(npu, output, &type);
  output->rounding = npu->set[NPU_SET_OFM_PRECISION] >> 14;
  output->global_scale = npu->set[NPU_SET_OFM_PRECISION] >> 8 & 1u;
  output->scale = npu->payload[NPU_SET_OFM_SCALE];
  output->shift = npu->upper[NPU_SET_OFM_SCALE] & 63u;
  if (output->rounding > NPU_ROUND_NATURAL) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "rounding mode 3 does not exist");
  }
  return true;
}

static uint32_t word(const uint8_t *data) {
  return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

/* 512 segments of 128 values, each a base (low half of the word) and a slope (high half). */
static int32_t interpolate(const uint8_t *table, uint32_t index) {
  const uint32_t entry = word(table + 4 * (size_t)(index >> 7));
  const int32_t base = (int16_t)entry;
  const int32_t slope = (int16_t)(entry >> 16);
  return base + ((slope * (int32_t)(index & 127) + 64) >> 7);
}

static int32_t look_up(const npu_output *output, int32_t value) {
  const uint32_t index = (uint32_t)(value - output->table_first);
  switch (output->table_type) {
    case 1:
      return output->table[index];
    case 4:
      return (int32_t)word(output->table + 4 * (size_t)index);
    default:
      return interpolate(output->table, index);
  }
}

int32_t npu_output_element(const npu_output *output, int64_t value) {
  /* The sums below stay far from the ends of 64 bits: npu_scale saturates first. */
  const int64_t limit = (int64_t)1 << 62;
  value = value > limit ? limit : (value < -limit ? -limit : value);
  value += output->map.zero_point;
  if (output->function) {
    value = output->function == NPU_ACTIVATION_TANH ? npu_tanh(value) : npu_sigmoid(value);
  }
  if (value > output->maximum) {
    value = output->maximum;
  }
  if (value < output->minimum) {
    value = output->minimum;
  }
  return output->table ? look_up(output, (int32_t)value) : (int32_t)value;
}

int32_t npu_output_scaled(const npu_output *output, int64_t value, uint32_t scale, uint32_t shift) {
  return npu_output_element(output, npu_scale(value, scale, shift, output->rounding));
}
