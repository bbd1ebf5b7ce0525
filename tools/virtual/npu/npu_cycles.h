/* Counts of an operation: blocks, multiply-accumulates, modelled cycles. */
#ifndef SKIPSTONE_NPU_CYCLES_H
#define SKIPSTONE_NPU_CYCLES_H

#include "npu_feature_map.h"
#include "npu_window.h"

/* ifm_bytes: 1 or 2 bytes of an input element. */
void npu_count_convolution(npu_machine *npu, const npu_map *ofm, const npu_window *window, uint32_t ifm_depth,
                           uint32_t ifm_bytes, bool depthwise);
void npu_count_pooling(npu_machine *npu, const npu_map *ofm, const npu_window *window, uint32_t ifm_depth,
                       uint32_t ifm_bytes, uint32_t mode);
void npu_count_elementwise(npu_machine *npu, const npu_map *ofm, uint32_t mode, uint32_t ifm_bytes, bool binary);

#endif
