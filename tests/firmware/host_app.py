"""The serial application compiled for the host with sanitizers, and a conversation with it over pipes."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time
from pathlib import Path

from skipstone.quantize.features.c_tables import emit_c_tables
from skipstone.tools.build import sources
from skipstone.tools.protocol.frame import Frame, decode_frame, encode_frame
from skipstone.tools.protocol.messages import REPLIES
from skipstone.tools.protocol.wire import Payload

HERE = Path(__file__).parent
FAKE_MODEL = HERE / "fake_model"
TIMEOUT_S = 20.0
_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def model_with_front_end(folder: Path) -> Path:
    """A copy of the fake model that comes with front-end tables."""
    shutil.copytree(FAKE_MODEL, folder)
    (folder / "frontend_tables.c").write_text(emit_c_tables())
    names = ("ss_fft512_ref", "ss_log_mel", "ss_mel_ref")
    (folder / "kernels.txt").write_text("".join(f"frontend/{name}.c\n" for name in names))
    return folder


def compile_host_app(output: Path, model: Path = FAKE_MODEL) -> Path:
    """Compile the application with a model for the host; returns the program."""
    groups = (
        sources.app_sources(model),
        sources.runtime_sources(model),
        sources.model_sources(model),
    )
    includes = [f"-I{folder}" for folder in (HERE / "host", *sources.include_folders(model))]
    common = ["gcc", "-std=gnu11", "-O1", "-g", *sources.WARNINGS, *_SANITIZERS, *includes]
    objects = []
    for group in groups:
        for name in group.files:
            if name == "memory.c":
                continue
            objects.append(output.parent / f"{group.name}_{Path(name).stem}.o")
            subprocess.run(
                [*common, *group.flags, "-c", str(group.folder / name), "-o", str(objects[-1])], check=True
            )
    hal = HERE / "host" / "host_hal.c"
    subprocess.run([*common, str(hal), *map(str, objects), "-o", str(output)], check=True)
    return output


class HostApp:
    """A running application. Use as a context manager; leaving it checks that no sanitizer complained."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._received = b""
        self._sequence = 0

    def __enter__(self) -> HostApp:
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        status = self._process.wait(timeout=TIMEOUT_S)
        self._process.stdout.close()
        assert status == 0, "the application crashed; a sanitizer's report is on stderr"

    def next_sequence(self) -> int:
        """A sequence number not used yet."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        return self._sequence

    def send(self, data: bytes) -> None:
        """Write raw bytes."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def receive(self) -> Frame:
        """The next frame. Fails after a timeout or when the application has ended."""
        assert self._process.stdout is not None
        end = time.monotonic() + TIMEOUT_S
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            assert data, "the application does not answer"
            self._received += data
        encoded, _, self._received = self._received.partition(b"\0")
        return decode_frame(encoded)

    def ask(self, request: Payload) -> Payload:
        """Send a request and return its reply, an ErrorReply included."""
        sequence = self.next_sequence()
        self.send(encode_frame(Frame(request.TYPE, sequence, request.encode())))
        frame = self.receive()
        assert frame.sequence == sequence
        assert frame.type in (request.TYPE | 0x80, 0xFF)
        return REPLIES[frame.type].decode(frame.payload)
