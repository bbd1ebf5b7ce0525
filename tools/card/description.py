"""``card.toml``: the part of a model card that people write, and what the command has to measure."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from skipstone.quantize.errors import SkipstoneError


class CardError(SkipstoneError):
    """``card.toml`` is missing, malformed, or names a manifest that is not there."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSource(_Table):
    """One corpus the model was trained on."""

    name: str
    contents: str
    licence: str


class EvaluationPlan(_Table):
    """One manifest to evaluate.

    Attributes:
        title: heading of its tables.
        manifest: path relative to ``card.toml``; ``$NAME`` stands for an environment variable.
        gates: gate sources, a row each.
        by: labels of the manifest whose cohorts are listed.
        domains: only utterances of these domains; all if empty.
        limit: only so many utterances.
    """

    title: str
    manifest: str
    gates: tuple[Literal["arbitrator", "all", "none"], ...] = ("arbitrator", "all")
    by: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1)

    def path(self, folder: Path) -> Path:
        """The manifest.

        Raises:
            CardError: an environment variable is not set.
        """
        expanded = os.path.expandvars(self.manifest)
        if "$" in expanded:
            raise CardError(
                f"evaluation {self.title!r}: {self.manifest} names a variable that is not set",
                "export it: the folder of the data",
            )
        return folder / expanded


class CardDescription(_Table):
    """``card.toml``.

    Attributes:
        title, summary: heading and first paragraph.
        model: the ``.tflite``, relative to ``card.toml``.
        licence: of the weights.
        boards: boards whose memory needs are listed.
        data: what it was trained on.
        evaluations: what is measured.
        use: what it is meant for; paragraphs in Markdown.
        limits: what it is not fit for, a point a line.
    """

    title: str
    summary: str
    model: str = "model.tflite"
    licence: str
    boards: tuple[str, ...] = ("mps2-an386", "mps3-an547")
    data: tuple[DataSource, ...] = Field(min_length=1)
    evaluations: tuple[EvaluationPlan, ...] = Field(min_length=1)
    use: str
    limits: tuple[str, ...] = Field(min_length=1)


def read_description(path: Path) -> CardDescription:
    """Read ``card.toml``.

    Raises:
        CardError: unreadable, not TOML, or a key is missing, unknown or of the wrong type (named).
    """
    try:
        return CardDescription.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CardError(f"cannot read {path}: {error}", "give the card.toml of a model") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CardError(f"{path}: {where}: {first['msg']}", "see models/commands/card.toml") from error
