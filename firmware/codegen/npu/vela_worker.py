"""The process of Vela: ``python -m … FOLDER… -- OPTION…`` compiles ``graph.tflite`` of each folder.

Each folder gets what Vela prints (``log.txt``), its output (``out/``) and, once it has ended, its exit status
(``status.txt``). Graphs share one process, because starting Python and Vela takes longer than most of them.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

LOG, STATUS = "log.txt", "status.txt"


def compile_folder(folder: Path, options: list[str]) -> None:
    """Compile one graph; its native code prints as well, so the descriptors are redirected."""
    from ethosu.vela import vela

    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    try:
        status = vela.main([str(folder / "graph.tflite"), "--output-dir", str(folder / "out"), *options])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except Exception:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    (folder / STATUS).write_text(str(int(status or 0)), encoding="ascii")


if __name__ == "__main__":
    split = sys.argv.index("--")
    for argument in sys.argv[1:split]:
        compile_folder(Path(argument), sys.argv[split + 1 :])
