"""Where things that can be made again are kept: the compiled plugin and cost files."""

from __future__ import annotations

import os
from pathlib import Path

from skipstone.tools.virtual.errors import VirtualBoardError


def cache_folder(kind: str) -> Path:
    """Folder ``kind`` in ``$SKIPSTONE_CACHE``, else in ``skipstone`` of ``$XDG_CACHE_HOME`` or ``~/.cache``.

    Raises:
        VirtualBoardError: the folder cannot be made.
    """
    chosen = os.environ.get("SKIPSTONE_CACHE")
    base = (
        Path(chosen)
        if chosen
        else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skipstone"
    )
    folder = base / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VirtualBoardError(
            f"cannot make the cache folder {folder}: {error.strerror}",
            "set SKIPSTONE_CACHE to a folder that can be written",
        ) from error
    return folder
