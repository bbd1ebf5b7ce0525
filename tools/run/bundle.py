"""The ``run/`` result bundle on disk: ``run.json``, ``frames.npz``, ``report.html`` and ``manifest.json``.

``frames.npz`` has one row a step: ``features int8[S, 160]``, ``gates bool[S, B]``, ``tokens int32[S]``
(−1: none emitted) and for every board and gate source ``BOARD/GATES/instructions uint32[S]``,
``…/cycles uint32[S]``, ``…/equal bool[S]``.
``manifest.json`` lists every file of the bundle with its size and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.run.record import RunRecord

RUN_JSON = "run.json"
FRAMES = "frames.npz"
REPORT = "report.html"
MANIFEST = "manifest.json"
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error)


class BundleError(SkipstoneError):
    """A result bundle that cannot be read or does not match its manifest."""


@dataclass(frozen=True)
class PassFrames:
    """Per-step columns of one board and gate source, each of length S."""

    instructions: NDArray[np.uint32]
    cycles: NDArray[np.uint32]
    equal: NDArray[np.bool_]


@dataclass(frozen=True)
class Frames:
    """The frames table: S steps of all utterances, one after another.

    ``passes`` maps ``(board, gate source)`` to its columns.
    """

    features: NDArray[np.int8]
    gates: NDArray[np.bool_]
    tokens: NDArray[np.int32]
    passes: dict[tuple[str, str], PassFrames]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Name → array, as stored in the file."""
        columns: dict[str, NDArray[np.generic]] = {
            "features": self.features,
            "gates": self.gates,
            "tokens": self.tokens,
        }
        for (board, gates), frames in self.passes.items():
            columns[f"{board}/{gates}/instructions"] = frames.instructions
            columns[f"{board}/{gates}/cycles"] = frames.cycles
            columns[f"{board}/{gates}/equal"] = frames.equal
        return columns


@dataclass(frozen=True)
class Bundle:
    """A run as read from, or about to be written to, its folder."""

    record: RunRecord
    frames: Frames


def write_bundle(folder: Path, bundle: Bundle, report: str) -> None:
    """Write all files of the bundle into ``folder`` (best a temporary one), the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / RUN_JSON, bundle.record.model_dump_json(indent=2) + "\n")
    with (folder / FRAMES).open("wb") as file:
        np.savez_compressed(file, **bundle.frames.arrays())  # type: ignore[arg-type]
    write_file(folder / REPORT, report)
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """(Re)write ``manifest.json`` over the files that stand in ``folder``."""
    files = {name: describe_file(folder / name) for name in (RUN_JSON, FRAMES, REPORT)}
    write_file(folder / MANIFEST, json.dumps({"version": 1, "files": files}, indent=2) + "\n")


def describe_file(path: Path) -> dict[str, int | str]:
    """Size in bytes and SHA-256 of a file."""
    data = path.read_bytes()
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def read_bundle(folder: Path) -> Bundle:
    """Read ``run.json`` and ``frames.npz`` after checking both against the manifest.

    Raises:
        BundleError: a file is missing, was changed after the run, or has another schema.
    """
    verify_manifest(folder)
    return Bundle(_read_record(folder / RUN_JSON), _read_frames(folder / FRAMES))


def verify_manifest(folder: Path) -> None:
    """Check the data files against ``manifest.json``; the report may be rendered again, so it is left out."""
    remedy = "give the folder that `skipstone run -o` wrote, unchanged"
    try:
        files = json.loads((folder / MANIFEST).read_text())["files"]
        for name in (RUN_JSON, FRAMES):
            if describe_file(folder / name) != files[name]:
                raise BundleError(f"{folder / name} is not the file that the run wrote", remedy)
    except OSError as error:
        raise BundleError(f"{folder} is not a run bundle: {error.filename} is missing", remedy) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{folder / MANIFEST} cannot be read: {error}", remedy) from error


def _read_record(path: Path) -> RunRecord:
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BundleError(
            f"{path}: {where}: {first['msg']}", "read the bundle with the version of Skipstone that wrote it"
        ) from error


def _read_frames(path: Path) -> Frames:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                raise zipfile.BadZipFile("checksum of a column is wrong")
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in stored.files}
        passes = {}
        for name, values in columns.items():
            board, _, rest = name.partition("/")
            gates, _, column = rest.partition("/")
            if column == "instructions":
                prefix = f"{board}/{gates}"
                passes[(board, gates)] = PassFrames(
                    values, columns[f"{prefix}/cycles"], columns[f"{prefix}/equal"]
                )
        return Frames(columns["features"], columns["gates"], columns["tokens"], passes)
    except (OSError, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError, *DAMAGED) as error:
        raise BundleError(f"{path} cannot be read: {error}", "run `skipstone run` again") from error
