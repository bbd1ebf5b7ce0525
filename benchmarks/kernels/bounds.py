"""Fewest instructions that the two cores could need for a kernel, from what one instruction can do.

Only the inner work is counted: no requantization, no loop, no call. A kernel at 100 % would be perfect.

* Fully connected, 1×1 and general convolution, M4: weights in pairs of rows, ``int16 = 256·w1 + w0``; LDM,
  LDRD, SXTB16 and SMLAD make 16 multiply-accumulates in 14 instructions. M55: 5 VLDRB, 4 VMLADAVA and the end
  of the loop make 64 in 10. A layer with its residual has the bound of the layer.
* The same with int4 weights, M4: two LDRD, 4 SXTB16 and 4 AND cut the pairs out, 8 SMLAD: 18 for 16. M55: 3
  VLDRB, 2 VAND, 4 VMLADAVA and the end of the loop: 10 for 64.
* Batch matrix multiplication, M4: rows are not packed, so 4 LDR, LDRD, 8 SXTB16 and 8 SMLAD: 21 for 16. M55:
  as fully connected.
* Depthwise, M4: SMLAD makes 2, and the input must be unpacked: 8 multiply-accumulates need 2 loads, 4
  SXTB16 and 4 SMLAD, 10 instructions. M55: VLDRB of input and weight and a VMLA on 8 lanes, 3 for 8.
* Add, subtract, M4: 4 elements take 2 loads, 1 store, 2 × 4 multiplications and 4 saturating sums: 15. M55: 4
  lanes take 2 loads, 1 store, 3 VQRDMULH: 6. Multiply: a product and a rescaling in place of both
  multiplications, so 15, and 5 on M55.
* Softmax, M4: an element takes a load, a look-up, a sum, a multiplication, a store: 5. M55: 4 lanes take
  the same 5.
* Minimum, maximum, M4: 4 elements take 2 loads, SSUB8, SEL, a store: 5. M55: 16 lanes take 4.
* Means and average pooling by the element that is read, M4: a load and two SXTAB16 for 4; M55: VLDRB and VADD
  for 8. Maximum pooling, M4: a load, SSUB8, SEL for 4; M55: VLDRB and VMAX for 16.
* Table, M4: a load, a look-up, a store each; M55: the same three for 16. Copies, M4: LDM and STM of 16 bytes;
  M55: VLDRB and VSTRB.
"""

from __future__ import annotations

from math import ceil

# (core, kernel) → (elements or multiply-accumulates of one pass, its instructions)
_PASSES = {
    ("m4", "fully_connected_s8"): (16, 14),
    ("m55", "fully_connected_s8"): (64, 10),
    ("m4", "fully_connected_s4"): (16, 18),
    ("m55", "fully_connected_s4"): (64, 10),
    ("m4", "batch_matmul_s8"): (16, 21),
    ("m55", "batch_matmul_s8"): (64, 10),
    ("m4", "depthwise_s8"): (8, 10),
    ("m55", "depthwise_s8"): (8, 3),
    ("m4", "add_s8"): (4, 15),
    ("m55", "add_s8"): (4, 6),
    ("m4", "mul_s8"): (4, 15),
    ("m55", "mul_s8"): (4, 5),
    ("m4", "softmax_s8"): (1, 5),
    ("m55", "softmax_s8"): (4, 5),
    ("m4", "maximum_s8"): (4, 5),
    ("m55", "maximum_s8"): (16, 4),
    ("m4", "mean_s8"): (4, 3),
    ("m55", "mean_s8"): (8, 2),
    ("m4", "max_pool_s8"): (4, 3),
    ("m55", "max_pool_s8"): (16, 2),
    ("m4", "table_s8"): (1, 3),
    ("m55", "table_s8"): (16, 3),
    ("m4", "shift_s8"): (16, 2),
    ("m55", "shift_s8"): (16, 2),
}

_SAME = {
    "convolution_1x1_s8": "fully_connected_s8",
    "convolution_s8": "fully_connected_s8",
    "fully_connected_add_s8": "fully_connected_s8",
    "sub_s8": "add_s8",
    "minimum_s8": "maximum_s8",
    "average_pool_s8": "mean_s8",
    "copy_strided_s8": "shift_s8",
}


def bound_instructions(core: str, kernel: str, work: int) -> int | None:
    """Lower bound for ``work`` multiply-accumulates (elements where a kernel has none); None where none is
    known."""
    known = _PASSES.get((core, _SAME.get(kernel, kernel)))
    return None if known is None else ceil(work / known[0]) * known[1]
