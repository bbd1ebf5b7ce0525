"""The report is one deterministic file, refers to nothing outside itself, and says what the bundle says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from skipstone.tools.report.numbers import grouped
from skipstone.tools.report.render import render
from skipstone.tools.run.bundle import Bundle
from synthetic_run import synthetic_bundle

VOID = {"meta", "link", "br", "img", "input", "hr"}
REFERENCES = {"href", "src", "action", "data", "poster", "srcset"}


class Outline(HTMLParser):
    """Collects references and checks that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [value for name, value in attrs if name in REFERENCES and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


def test_elements_are_balanced_and_every_reference_is_a_data_uri(html: str) -> None:
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    assert outline.references
    assert all(reference.startswith("data:") for reference in outline.references)


def test_no_address_and_no_import_stands_in_the_file(html: str) -> None:
    without_images = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", html)
    assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest", without_images)


def test_the_same_bundle_gives_the_same_bytes(bundle: Bundle, html: str) -> None:
    assert render(bundle) == html


def test_every_utterance_token_and_block_is_shown(bundle: Bundle, html: str) -> None:
    for utterance in bundle.record.utterances:
        assert f"<b>{utterance.identifier}</b>" in html
        for word in utterance.text.split():
            assert f">{word}</text>" in html
    for block in bundle.record.model.blocks:
        assert f">{block.name}</text>" in html
        assert f"<td>{block.name}</td>" in html


def test_modelled_and_estimated_figures_carry_their_kind(html: str) -> None:
    assert "<i>modelled</i>" in html
    assert "<i>estimated</i>" in html
    assert "<i>measured</i>" not in html


def test_a_mismatch_is_shown_as_invalid() -> None:
    html = render(synthetic_bundle(mismatches=3))
    assert '<span class="verdict invalid">invalid</span>' in html
    assert "3 steps differ" in html


def test_text_from_the_model_cannot_inject_markup(bundle: Bundle) -> None:
    hostile = '</script><img src="x" onerror="alert(1)">'
    tokens = tuple(hostile if index else token for index, token in enumerate(bundle.record.model.tokens))
    record = bundle.record.model_copy(
        update={
            "model": bundle.record.model.model_copy(update={"tokens": tokens, "name": hostile}),
            "utterances": tuple(
                utterance.model_copy(update={"text": hostile}) for utterance in bundle.record.utterances
            ),
        }
    )
    html = render(Bundle(record, bundle.frames))
    outline = Outline()
    outline.feed(html)
    assert "<img" not in html
    assert html.count("</script>") == 2


def test_an_npu_has_its_own_lane_and_table(bundle: Bundle, html: str) -> None:
    npu = bundle.record.boards[1].npu
    assert npu is not None
    assert html.count("<h2>NPU of mps3-an547: ethos-u55-128</h2>") == 1
    assert html.count(">NPU cycles</text>") == len(bundle.record.utterances)
    assert "cycles, modelled" in html and "cycles, estimated" in html
    assert grouped(npu.of("all").cycles_per_step) in html


def test_without_an_npu_there_is_no_lane(bundle: Bundle) -> None:
    boards = tuple(board.model_copy(update={"npu": None}) for board in bundle.record.boards)
    html = render(Bundle(bundle.record.model_copy(update={"boards": boards}), bundle.frames))
    assert "NPU of" not in html and "NPU cycles</text>" not in html
