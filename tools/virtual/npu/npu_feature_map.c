#include "npu_feature_map.h"

#include <stdlib.h>

typedef struct {
  uint32_t base0, stride_x, stride_y, stride_c; /* two-word codes */
  uint32_t precision, region, zero_point, width0, height0, height1;
} register_names;

static const register_names NAMES[] = {
    [NPU_IFM] = {NPU_SET_IFM_BASE0, NPU_SET_IFM_STRIDE_X, NPU_SET_IFM_STRIDE_Y, NPU_SET_IFM_STRIDE_C,
                 NPU_SET_IFM_PRECISION, NPU_SET_IFM_REGION, NPU_SET_IFM_ZERO_POINT, NPU_SET_IFM_WIDTH0_M1,
                 NPU_SET_IFM_HEIGHT0_M1, NPU_SET_IFM_HEIGHT1_M1},
    [NPU_IFM2] = {NPU_SET_IFM2_BASE0, NPU_SET_IFM2_STRIDE_X, NPU_SET_IFM2_STRIDE_Y, NPU_SET_IFM2_STRIDE_C,
                  NPU_SET_IFM2_PRECISION, NPU_SET_IFM2_REGION, NPU_SET_IFM2_ZERO_POINT,
                  NPU_SET_IFM2_WIDTH0_M1, NPU_SET_IFM2_HEIGHT0_M1, NPU_SET_IFM2_HEIGHT1_M1},
    [NPU_OFM] = {NPU_SET_OFM_BASE0, NPU_SET_OFM_STRIDE_X, NPU_SET_OFM_STRIDE_Y, NPU_SET_OFM_STRIDE_C,
                 NPU_SET_OFM_PRECISION, NPU_SET_OFM_REGION, NPU_SET_OFM_ZERO_POINT, NPU_SET_OFM_WIDTH0_M1,
                 NPU_SET_OFM_HEIGHT0_M1, NPU_SET_OFM_HEIGHT1_M1},
};

static const char *const KIND_NAMES[] = {"IFM", "IFM2", "OFM"};

static int64_t stride(const npu_machine *npu, uint32_t code) {
  return (int64_t)(int16_t)npu->upper[code] * ((int64_t)1 << 32) + npu->payload[code];
}

/* IFM: bit 0 signed, bits 2..3 log2 of the bytes; OFM: the same in bits 1..2. The format is in bits 6..7. */
static bool open_precision(npu_machine *npu, npu_map *map, npu_map_kind kind) {
  const uint32_t value = npu->set[NAMES[kind].precision];
  const uint32_t width = kind == NPU_OFM ? (value >> 1) & 3u : (value >> 2) & 3u;
  const uint32_t reserved = kind == NPU_OFM ? value & 0x38u : value & 0x32u;
  map->is_signed = value & 1u;
  map->bytes = 1u << width;
  map->bricks = ((value >> 6) & 3u) == 1u;
  if (reserved || width == 3 || ((value >> 6) & 3u) > 1u || (width == 2 && !map->is_signed)) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "%s_PRECISION 0x%04x is no known type or layout",
                    KIND_NAMES[kind], value);
  }
  return true;
}

bool npu_map_open(npu_machine *npu, npu_map *map, npu_map_kind kind, uint32_t height, uint32_t width,
                  uint32_t depth) {
  const register_names *names = &NAMES[kind];
  if ((uint64_t)height * width > NPU_MAP_MAX || (uint64_t)height * width * depth > NPU_MAP_MAX) {
    return npu_fail(npu, NPU_FAULT_LIMIT, "%s of %u×%u×%u is beyond the model's limit", KIND_NAMES[kind],
                    height, width, depth);
  }
  map->height = height, map->width = width, map->depth = depth;
  if (!open_precision(npu, map, kind)) {
    return false;
  }
  map->region = npu->set[names->region];
  if (map->region >= NPU_REGIONS) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "%s_REGION %u does not exist", KIND_NAMES[kind], map->region);
  }
  map->zero_point = map->is_signed ? npu_signed(npu, names->zero_point) : npu->set[names->zero_point];
  map->width0 = npu_plus1(npu, names->width0);
  map->height0 = npu_plus1(npu, names->height0);
  map->height1 = npu_plus1(npu, names->height1);
  map->stride_x = map->bricks ? 16 * (int64_t)map->bytes : stride(npu, names->stride_x);
  map->stride_y = stride(npu, names->stride_y);
  map->stride_c = map->bricks ? stride(npu, names->stride_c) : 16 * (int64_t)map->bytes;
  const uint32_t alignment = map->bricks ? 16 : map->bytes;
  for (uint32_t tile = 0; tile < 4; tile++) {
    map->base[tile] = npu_address(npu, map->region, names->base0 + tile);
    if (map->base[tile] % alignment) {
      return npu_fail(npu, NPU_FAULT_COMMAND, "%s_BASE%u is not aligned to %u bytes", KIND_NAMES[kind], tile,
                      alignment);
    }
  }
  if (map->stride_y % alignment || map->stride_c % alignment || map->stride_x % (int64_t)map->bytes) {
    return npu_fail(npu, NPU_FAULT_COMMAND, "a stride of %s is not aligned to %u bytes", KIND_NAMES[kind],
                    alignment);
  }
  return true;
}

/* Address of an element. Tiles 0 and 1 are above tiles 2 and 3; 0 and 2 are left of 1 and 3. */
static uint64_t element(const npu_map *map, uint32_t y, uint32_t x, uint32_t channel) {
  uint32_t tile = 0;
  uint32_t split = map->height0;
  if (x >= map->width0) {
    x -= map->width0, tile = 1, split = map->height1;
  }
  if (y >= split) {
    y -= split, tile += 2;
  }
  const int64_t offset = (int64_t)y * map->stride_y + (int64_t)x * map->stride_x +
                         (int64_t)(channel / 16) * map->stride_c + (int64_t)(channel % 16) * map->bytes;
  return map->base[tile] + (uint64_t)offset;
}

/* One run of memory: `columns` pixels from x on of `channels` channels each, `pitch` bytes from one to the
   next, in one tile. Contiguous except for the unused channels between pixels of a brick. */
typedef struct {
  uint32_t y, x, columns, channel, channels;
  uint32_t pitch, bytes;
} run;

/* The longest run that begins at (y, x, channel). */
static run longest_run(const npu_map *map, uint32_t y, uint32_t x, uint32_t channel) {
  run part = {y, x, 1, channel, map->depth - channel, 0, 0};
  if (map->bricks && part.channels > 16) {
    part.channels = 16;
  }
  const uint32_t filled = part.channels * map->bytes;
  part.pitch = filled;
  if (map->bricks || map->stride_x == (int64_t)filled) {
    const uint32_t end = x < map->width0 && map->width0 < map->width ? map->width0 : map->width;
    part.columns = end - x;
    part.pitch = (uint32_t)map->stride_x;
  }
  part.bytes = (part.columns - 1) * part.pitch + filled;
  return part;
}

static int32_t decode(const npu_map *map, const uint8_t *data) {
  switch (map->bytes) {
    case 1:
      return map->is_signed ? (int8_t)data[0] : data[0];
    case 2: {
      const uint32_t value = data[0] | (uint32_t)data[1] << 8;
      return map->is_signed ? (int16_t)value : (int32_t)value;
    }
    default:
      return (int32_t)(data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24);
  }
}

static void load_run(const npu_map *map, const run *part, const uint8_t *data, int32_t offset,
                     int32_t *values) {
  for (uint32_t column = 0; column < part->columns; column++) {
    const uint8_t *from = data + (size_t)column * part->pitch;
    int32_t *to = values + ((size_t)part->y * map->width + part->x + column) * map->depth + part->channel;
    for (uint32_t channel = 0; channel < part->channels; channel++, from += map->bytes) {
      to[channel] = (int32_t)((uint32_t)decode(map, from) - (uint32_t)offset);
    }
  }
}

int32_t *npu_map_load(npu_machine *npu, const npu_map *map, int32_t offset) {
  int32_t *values = npu_allocate(npu, (uint64_t)map->height * map->width * map->depth, sizeof *values);
  uint8_t *data = npu_allocate(npu, (uint64_t)map->width * (map->depth + 16) * map->bytes, 1);
  bool good = values && data;
  npu_order_operand(&npu->order);
  for (uint32_t y = 0; good && y < map->height; y++) {
    for (uint32_t channel = 0; good && channel < map->depth;) {
      uint32_t channels = 1;
      for (uint32_t x = 0; good && x < map->width;) {
        const run part = longest_run(map, y, x, channel);
        good = npu_read(npu, map->region, element(map, y, x, channel), data, part.bytes);
        if (good) {
          load_run(map, &part, data, offset, values);
        }
        x += part.columns;
        channels = part.channels;
      }
      channel += channels;
    }
  }
  free(data);
  if (!good) {
    free(values);
    return NULL;
  }
  return values;
}

/* Write a run; the unused channels of a brick are left as they are. */
static bool store_run(npu_machine *npu, const npu_map *map, const run *part, uint8_t *data,
                      const int32_t *values) {
  const uint32_t filled = part->channels * map->bytes;
  for (uint32_t column = 0; column < part->columns; column++) {
    const int32_t *from =
        values + ((size_t)part->y * map->width + part->x + column) * map->depth + part->channel;
    uint8_t *to = data + (size_t)column * filled;
    for (uint32_t channel = 0; channel < part->channels; channel++) {
      const uint32_t value = (uint32_t)from[channel];
      for (uint32_t byte = 0; byte < map->bytes; byte++) {
        *to++ = (uint8_t)(value >> (8 * byte));
      }
    }
  }
  const uint64_t address = element(map, part->y, part->x, part->channel);
  if (filled == part->pitch) {
    return npu_write(npu, map->region, address, data, part->bytes);
  }
  for (uint32_t column = 0; column < part->columns; column++) {
    if (!npu_write(npu, map->region, address + (uint64_t)column * part->pitch,
                   data + (size_t)column * filled, filled)) {
      return false;
    }
  }
  return true;
}

bool npu_map_store(npu_machine *npu, const npu_map *map, const int32_t *values) {
  uint8_t *data = npu_allocate(npu, (uint64_t)map->width * (map->depth + 16) * map->bytes, 1);
  bool good = data != NULL;
  npu_order_operand(&npu->order);
  for (uint32_t y = 0; good && y < map->height; y++) {
    for (uint32_t channel = 0; good && channel < map->depth;) {
      uint32_t channels = 1;
      for (uint32_t x = 0; good && x < map->width;) {
        const run part = longest_run(map, y, x, channel);
        good = store_run(npu, map, &part, data, values);
        x += part.columns;
        channels = part.channels;
      }
      channel += channels;
    }
  }
  free(data);
  return good;
}
