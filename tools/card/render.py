"""Description and figures → Markdown."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from skipstone.tools.card.description import CardDescription
from skipstone.tools.card.facts import MeasuredEvaluation, ModelSizes
from skipstone.tools.report.numbers import grouped


def render_card(
    description: CardDescription, sizes: ModelSizes, evaluations: list[MeasuredEvaluation], command: str
) -> str:
    """The card. Deterministic: the same model, data and description give the same text.

    Args:
        command: how the card was made, as it is printed in it.
    """
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters.update(grouped=grouped, rate=_rate, cell=_cell)
    text = (files("skipstone.tools.card") / "card.md.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        card=description, sizes=sizes, evaluations=evaluations, command=command
    )


def _rate(word_error_rate: float | None) -> str:
    return "no words" if word_error_rate is None else f"{100 * word_error_rate:.2f} %"


def _cell(text: str) -> str:
    """Text that does not end a cell of a table."""
    return " ".join(text.replace("|", r"\|").split())
