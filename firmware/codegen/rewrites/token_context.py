"""The input of the last tokens becomes memory that the device keeps: the predictor of a transducer.

The .tflite reads the last tokens from its third input, int32 [1, n], by one GATHER from the embedding table.
On the device they stand in the state memory, where the decoder writes them (``ss_transducer_push``), and the
step reads them there. Graphs whose third input is anything else are left alone; the legality check names it.
"""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node


def keep_token_context(network: Network) -> None:
    """Replace the third input of the main graph and the GATHER that reads it by an ``EMBEDDING`` node."""
    main = network.main
    gather = _embedding(main)
    if gather is None:
        return
    table = gather.inputs[0]
    network.context_tokens = main.inputs[2].elements
    embedding = Node(Fused.EMBEDDING, [table], gather.outputs, None, gather.origin)
    main.replace_nodes([gather], embedding)
    main.inputs = main.inputs[:2]


def _embedding(main: Graph) -> Node | None:
    """The GATHER of one row of a constant int8 table [V, width] a token, where V is the number of logits."""
    if len(main.inputs) != 3:
        return None
    previous = main.inputs[2]
    readers = main.consumers(previous)
    if previous.dtype != "int32" or len(readers) != 1 or readers[0].kind != "GATHER":
        return None
    node = readers[0]
    if len(node.inputs) != 2 or node.inputs[1] is not previous or previous in main.outputs:
        return None
    table, rows = node.inputs[0], node.outputs[0]
    constant = table.data is not None and table.dtype == "int8" and len(table.shape) == 2
    if not constant or table.shape[0] != main.outputs[0].elements or node.options.batch_dims != 0:
        return None
    copied = rows.dtype == "int8" and rows.elements == previous.elements * table.shape[1]
    return node if node.options.axis in (0, -2) and copied else None
