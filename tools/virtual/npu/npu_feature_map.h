/* Feature maps in memory: tiles, NHWC and NHCWB16 layout, element types. */
#ifndef SKIPSTONE_NPU_FEATURE_MAP_H
#define SKIPSTONE_NPU_FEATURE_MAP_H

#include "npu_machine.h"

typedef enum { NPU_IFM, NPU_IFM2, NPU_OFM } npu_map_kind;

typedef struct {
  uint32_t height, width, depth; /* elements */
  uint32_t bytes;                /* of an element: 1, 2 or 4 */
  bool is_signed;
  bool bricks; /* NHCWB16: channels in groups of 16 */
  int32_t zero_point;
  uint32_t region;
  uint64_t base[4];                   /* absolute address of the tiles */
  uint32_t width0, height0, height1;  /* where the tiles part */
  int64_t stride_x, stride_y, stride_c; /* bytes */
} npu_map;

/* Fill map from the registers of kind, with the given dimensions. False: illegal precision, alignment or
   region, or more than NPU_MAP_MAX elements. */
bool npu_map_open(npu_machine *npu, npu_map *map, npu_map_kind kind, uint32_t height, uint32_t width,
                  uint32_t depth);

/* All elements less offset, int32[height][width][depth] (wraps), to be freed. NULL on a fault. */
int32_t *npu_map_load(npu_machine *npu, const npu_map *map, int32_t offset);

/* Store [height][width][depth]; a value is cut to the element's width. */
bool npu_map_store(npu_machine *npu, const npu_map *map, const int32_t *values);

#endif
