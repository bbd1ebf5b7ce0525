#include "npu_scale.h"

#include <stdlib.h>

typedef __int128 wide;

static wide shift_wide(wide product, uint32_t shift, uint32_t rounding, bool twice) {
  if (shift == 0) {
    return product;
  }
  if (rounding == NPU_ROUND_TRUNCATE) {
    return product >= 0 ? product >> shift : -((-product) >> shift);
  }
  wide round = (wide)1 << (shift - 1);
  /* Rounding at bit 31 first and then at the rest, ties away from zero, equals one rounding with this offset
     (TOSA specification, apply_scale_32 with double_round). */
  if (twice && rounding == NPU_ROUND_TFL && shift > 31) {
    round += product >= 0 ? (wide)1 << 30 : -((wide)1 << 30);
  }
  return (product + round) >> shift;
}

static int64_t saturate(wide value) {
  if (value > INT64_MAX) {
    return INT64_MAX;
  }
  return value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

int64_t npu_scale(int64_t value, uint32_t scale, uint32_t shift, uint32_t rounding) {
  return saturate(shift_wide((wide)value * scale, shift & 63, rounding, true));
}

int64_t npu_shift_right(int64_t value, uint32_t shift, uint32_t rounding) {
  return saturate(shift_wide(value, shift, rounding, false));
}

static npu_channel_scale parse_entry(const uint8_t *entry) {
  uint64_t bias = 0;
  for (uint32_t byte = 0; byte < 5; byte++) {
    bias |= (uint64_t)entry[byte] << (8 * byte);
  }
  const uint64_t sign = (uint64_t)1 << 39;
  npu_channel_scale result;
  result.bias = (int64_t)(bias ^ sign) - (int64_t)sign;
  result.scale = (uint32_t)entry[5] | (uint32_t)entry[6] << 8 | (uint32_t)entry[7] << 16 |
                 (uint32_t)entry[8] << 24;
  result.shift = entry[9] & 63u;
  return result;
}

bool npu_read_scales(npu_machine *npu, npu_channel_scale *scales, uint32_t channels) {
  npu_stream stream;
  if (!npu_stream_open(npu, &stream, "scale", NPU_SET_SCALE_REGION, NPU_SET_SCALE_BASE,
                       NPU_SET_SCALE_LENGTH)) {
    return false;
  }
  const uint32_t bytes = channels * NPU_SCALE_ENTRY;
  if (bytes > stream.bytes) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "the scale stream has %u bytes, %u channels need %u", stream.bytes,
                    channels, bytes);
  }
  uint8_t *data = npu_allocate(npu, bytes, 1);
  const bool good = data && npu_read(npu, stream.region, stream.address, data, bytes);
  for (uint32_t channel = 0; good && channel < channels; channel++) {
    scales[channel] = parse_entry(data + (size_t)channel * NPU_SCALE_ENTRY);
  }
  free(data);
  return good;
}
