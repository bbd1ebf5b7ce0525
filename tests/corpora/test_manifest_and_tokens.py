"""Manifests and token lists: round trips, and every malformed line is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.command_grammar import draw_texts
from skipstone.quantize.corpora.manifest import ManifestError, Utterance, read_manifest, write_manifest
from skipstone.quantize.corpora.tokens import TokenError, TokenList

words = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)


def test_manifest_round_trip_keeps_relative_paths(tmp_path: Path) -> None:
    utterance = Utterance(audio=tmp_path / "a" / "x.wav", text="hello you", duration=1.5, speaker="s")
    write_manifest(tmp_path / "manifest.jsonl", [utterance])
    assert '"audio": "a/x.wav"' in (tmp_path / "manifest.jsonl").read_text()
    assert read_manifest(tmp_path / "manifest.jsonl") == [utterance]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", '{"audio": "a"}', '{"audio": "a", "text": "b", "duration": -1}', "[" * 100_000],
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
