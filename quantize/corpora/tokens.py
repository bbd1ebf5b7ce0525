"""Token lists: the vocabulary of the head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.models.config import Head

WORD_START = "▁"
BLANK = "<blank>"


class TokenError(SkipstoneError):
    """A text cannot be written in the tokens of the model."""


@dataclass(frozen=True)
class TokenList:
    """Tokens by index, the blank first. A token that starts a word begins with ``▁``.

    The list is the ``[tokens]`` table of ``model.toml``. Tokens are whole words: at 25 steps a second,
    characters would leave CTC too few blanks between them.
    """

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.tokens or self.tokens[0] != BLANK or len(set(self.tokens)) != len(self.tokens):
            raise TokenError(
                "a token list has no blank first, or a token twice", f"begin with {BLANK}, no repeats"
            )

    @classmethod
    def of_words(cls, texts: Iterable[str]) -> TokenList:
        """One token for every word that occurs in ``texts``, in alphabetical order after the blank."""
        words = sorted({word for text in texts for word in text.split()})
        return cls((BLANK, *(WORD_START + word for word in words)))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {token: index for index, token in enumerate(self.tokens)}

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``; raises :class:`TokenError` for a word that has no token."""
        try:
            return [self._index[WORD_START + word] for word in text.split()]
        except KeyError as error:
            raise TokenError(
                f"the word {error.args[0][1:]!r} is not in the model's token list",
                "add a text with it to the training data",
            ) from None

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids (blanks left out)."""
        return "".join(self.tokens[i] for i in ids if i).replace(WORD_START, " ").strip()

    def as_dict(self, head: Head = "ctc") -> dict[str, object]:
        """The ``[tokens]`` table and the ``TOKENS`` metadata of a model with ``head``."""
        return {"head": head, "blank": 0, "tokens": list(self.tokens)}
