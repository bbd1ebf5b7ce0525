"""Everything that is generated from ``messages.toml``, by its path in the repository."""

from __future__ import annotations

from skipstone.tools.protocol.emit_c import emit_c
from skipstone.tools.protocol.emit_markdown import emit_markdown
from skipstone.tools.protocol.emit_python import emit_python
from skipstone.tools.protocol.registry import Registry, load_registry


def generated_files(registry: Registry | None = None) -> dict[str, str]:
    """Path in the repository → text, for the C header, the Python codec and the reference page."""
    registry = registry or load_registry()
    return {
        "firmware/protocol/ss_protocol.h": emit_c(registry),
        "tools/protocol/messages.py": emit_python(registry),
        "docs/reference/protocol.md": emit_markdown(registry),
    }
