"""The ``[data]`` table of a recipe: which utterances are trained on, how often, and which are held back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from skipstone.quantize.features.log_mel import TAIL_STEPS


class RecipeTable(BaseModel):
    """A table of a recipe: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CorpusEntry(RecipeTable):
    """One manifest, or a part of it. In a recipe a bare string is the manifest, whole, once.

    Attributes:
        manifest: path (``${NAME}`` of the environment, relative ones start at the working folder).
        repeat: how often each utterance occurs in an epoch; with 0.5 a random half of them occurs.
        speakers, exclude_speakers: only these speakers; all but these (leave one speaker out).
        domains, exclude_domains: only these domains; all but these.
    """

    manifest: str
    repeat: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    speakers: tuple[str, ...] = ()
    exclude_speakers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    exclude_domains: tuple[str, ...] = ()


def _entry(value: Any) -> Any:
    return {"manifest": value} if isinstance(value, str) else value


Entry = Annotated[CorpusEntry, BeforeValidator(_entry)]


class DataRecipe(RecipeTable):
    """Corpora. An entry is a manifest's path or a table (:class:`CorpusEntry`).

    Attributes:
        train: what to train on. Utterances whose text is not known are left out, with a printed count; an
            utterance with the text ``""`` (silence, noise) teaches to say nothing.
        dev: what to evaluate on after each epoch, by name; the first one counts as *the* word error rate.
        noise: recordings that :attr:`Augmentation.noise` mixes in; their texts are not used.
        tail_steps: steps of silence after each utterance.
        cache: folder of computed features.
    """

    train: tuple[Entry, ...] = Field(min_length=1)
    dev: dict[str, Entry] = Field(min_length=1)
    noise: tuple[Entry, ...] = ()
    tail_steps: int = Field(default=TAIL_STEPS, ge=0)
    cache: str = "build/cache"
