"""Fewest instructions that the two cores could need for a kernel, from what one instruction can do.

Only the inner work is counted: no requantization, no loop, no call. A kernel at 100 % would be perfect.

* Fully connected, 1×1 convolution, M4: weights in pairs of rows, ``int16 = 256·w1 + w0``; LDM, LDRD,
  SXTB16 and SMLAD make 16 multiply-accumulates in 14 instructions. M55: 5 VLDRB, 4 VMLADAVA and the end of
  the loop make 64 in 10.
* Depthwise, M4: SMLAD makes 2, and the input must be unpacked: 8 multiply-accumulates need 2 loads, 4
  SXTB16 and 4 SMLAD, 10 instructions. M55: VLDRB of input and weight and a VMLA on 8 lanes, 3 for 8.
* Add, M4: 4 elements take 2 loads, 1 store, 2 × 4 multiplications and 4 saturating sums: 15. M55: 4 lanes
  take 2 loads, 1 store, 3 VQRDMULH: 6.
* Softmax, M4: an element takes a load, a look-up, a sum, a multiplication, a store: 5. M55: 4 lanes take
  the same 5.
"""

from __future__ import annotations

from math import ceil

# (core, kernel) → (elements or multiply-accumulates of one pass, its instructions)
_PASSES = {
    ("m4", "fully_connected_s8"): (16, 14),
    ("m55", "fully_connected_s8"): (64, 10),
    ("m4", "depthwise_s8"): (8, 10),
    ("m55", "depthwise_s8"): (8, 3),
    ("m4", "add_s8"): (4, 15),
    ("m55", "add_s8"): (4, 6),
    ("m4", "softmax_s8"): (1, 5),
    ("m55", "softmax_s8"): (4, 5),
}


def bound_instructions(core: str, kernel: str, work: int) -> int | None:
    """Lower bound for ``work`` multiply-accumulates (elements where a kernel has none); None where none is
    known."""
    known = _PASSES.get((core, kernel.replace("convolution_1x1", "fully_connected")))
    return None if known is None else ceil(work / known[0]) * known[1]
