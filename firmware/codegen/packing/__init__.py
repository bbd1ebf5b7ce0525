"""Packing of constants into the layouts of the runtime kernels, one file a kernel (variant).

Every ``pack_*`` function returns a :class:`PackedOperator`: the C function to call, the source file that
holds it, the parameter struct with its fields, the constant arrays it points at, and the scratch bytes it
needs. The interface in C is ``firmware/runtime/include/ss_kernels.h``. Packing is deterministic.
"""

from skipstone.firmware.codegen.packing.add import pack_add
from skipstone.firmware.codegen.packing.attention import pack_attention
from skipstone.firmware.codegen.packing.batch_matmul import pack_batch_matmul
from skipstone.firmware.codegen.packing.depthwise import pack_depthwise_ring
from skipstone.firmware.codegen.packing.embedding import pack_embedding
from skipstone.firmware.codegen.packing.fully_connected import pack_fully_connected
from skipstone.firmware.codegen.packing.fully_connected_add import pack_fully_connected_add
from skipstone.firmware.codegen.packing.operator import (
    KernelVariant,
    PackedArray,
    PackedOperator,
    Requantization,
)
from skipstone.firmware.codegen.packing.softmax import pack_softmax

__all__ = [
    "KernelVariant",
    "PackedArray",
    "PackedOperator",
    "Requantization",
    "pack_add",
    "pack_attention",
    "pack_batch_matmul",
    "pack_depthwise_ring",
    "pack_embedding",
    "pack_fully_connected",
    "pack_fully_connected_add",
    "pack_softmax",
]
