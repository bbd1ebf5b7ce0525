"""CALL_ONCE: an initialisation subgraph that runs at the first invocation only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.integer.node import Kernel, Node
from skipstone.quantize.tflite.options import CallOnceOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``call_once.cc``: a reset of the interpreter does not make it run again."""
    init = node.options(CallOnceOptions).init_subgraph
    session = node.session

    def run(_inputs: Sequence[Any]) -> Sequence[Any]:
        if init not in session.initialised:
            session.initialised.add(init)
            session.run_subgraph(init, ())
        return ()

    return run
