"""Manifests and token lists: round trips, and every malformed line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.command_grammar import draw_texts
from skipstone.quantize.corpora.manifest import (
    ManifestError,
    Utterance,
    read_manifest,
    transcribed,
    write_manifest,
)
from skipstone.quantize.corpora.tokens import TokenError, TokenList

words = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)


def test_manifest_round_trip_keeps_relative_paths(tmp_path: Path) -> None:
    utterance = Utterance(audio=tmp_path / "a" / "x.wav", text="hello you", duration=1.5, speaker="s")
    write_manifest(tmp_path / "manifest.jsonl", [utterance])
    assert '"audio": "a/x.wav"' in (tmp_path / "manifest.jsonl").read_text()
    assert read_manifest(tmp_path / "manifest.jsonl") == [utterance]


def test_audio_elsewhere_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_manifest(Path("lists/m.jsonl"), [Utterance(audio=Path("wav/x.wav"), text="hi", duration=1)])
    monkeypatch.chdir("lists")
    assert read_manifest(Path("m.jsonl"))[0].audio == tmp_path / "wav" / "x.wav"


def test_text_is_optional_and_other_keys_survive(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"audio": "o.wav", "text": None, "duration": 1.0, "intent": "order", "slots": {"size": "small"}},
        {"audio": "n.wav", "duration": 0.1, "source": "kitchen", "snr": None, "tags": [1, {"a": None}]},
        {"audio": "s.wav", "text": "", "duration": 600.0},
    ]
    path = tmp_path / "m.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    order, noise, silence = read_manifest(path)
    assert (order.text, order.intent, order.slots) == (None, "order", {"size": "small"})
    assert (order.reference, noise.reference, silence.reference) == (None, "", "")
    assert noise.extra == {"source": "kitchen", "snr": None, "tags": [1, {"a": None}]}
    assert transcribed([order, noise, silence], path) == [silence]
    with pytest.raises(ManifestError, match="no utterance has a text"):
        transcribed([order], path)
    write_manifest(tmp_path / "copy.jsonl", [order, noise, silence])
    copied = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()]
    del rows[0]["text"]
    assert copied == rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    text=st.none() | st.text(),
    duration=st.floats(min_value=1e-3, max_value=1e6),
    slots=st.none() | st.dictionaries(st.text(), st.text(), max_size=3),
    extra=st.dictionaries(st.text().filter(lambda key: key not in Utterance.model_fields), json_values),
)
def test_any_utterance_survives_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, text: str | None, duration: float, slots: object, extra: object
) -> None:
    folder = tmp_path_factory.mktemp("round")
    row = {"audio": "x.wav", "text": text, "duration": duration, "slots": slots, **extra}  # type: ignore[dict-item]
    (folder / "a.jsonl").write_text(json.dumps(row) + "\n")
    first = read_manifest(folder / "a.jsonl")
    write_manifest(folder / "b.jsonl", first)
    assert read_manifest(folder / "b.jsonl") == first
    assert first[0].extra == extra


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        '{"audio": "a"}',
        '{"audio": "a", "duration": NaN}',
        '{"audio": "a", "duration": 1, "slots": {"size": 3}}',
        '{"audio": "a", "duration": 1, "note": "\\ud800"}',
        '{"audio": "a", "text": "b", "duration": -1}',
        "[" * 100_000,
    ],
)
def test_malformed_line_is_named_by_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"audio": "a", "text": "b", "duration": 1}\n\n' + line + "\n")
    with pytest.raises(ManifestError, match=r"m\.jsonl:3 is not an utterance"):
        read_manifest(path)


def test_missing_or_empty_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot read"):
        read_manifest(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ManifestError, match="no utterances"):
        read_manifest(tmp_path / "empty.jsonl")


@given(st.binary(max_size=200))
def test_random_bytes_end_in_a_manifest_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "m.jsonl"
    path.write_bytes(data)
    with pytest.raises(ManifestError):
        read_manifest(path)


@given(st.lists(texts, min_size=1, max_size=10))
def test_tokens_round_trip(corpus: list[str]) -> None:
    tokens = TokenList.of_words(corpus)
    for text in corpus:
        assert tokens.decode(tokens.encode(text)) == text
    assert tokens.tokens[0] == "<blank>"


def test_unknown_words_and_bad_lists_are_refused() -> None:
    with pytest.raises(TokenError, match="'three'"):
        TokenList.of_words(["one two"]).encode("one three")
    with pytest.raises(TokenError):
        TokenList(("▁one",))


def test_grammar_is_deterministic_and_keeps_texts_out() -> None:
    first = draw_texts(300, seed=5)
    assert first == draw_texts(300, seed=5)
    assert len(set(first)) == 300
    assert not set(draw_texts(300, seed=5, exclude=first)) & set(first)
