"""Importers: labels, speakers and splits of each layout, and every fault named by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.corpora.importers.csv_table import csv_entries
from skipstone.quantize.corpora.importers.entry import Entry, ImportCorpusError, to_utterances
from skipstone.quantize.corpora.importers.librispeech import librispeech_entries
from skipstone.quantize.corpora.importers.speech_commands import Split, speech_commands_entries
from sounds import write_tone


@pytest.fixture
def librispeech(tmp_path: Path) -> Path:
    root = tmp_path / "LibriSpeech"
    chapter = root / "dev-clean" / "84" / "121"
    for number, seconds in enumerate((0.5, 1.25)):
        write_tone(chapter / f"84-121-000{number}.flac", seconds)
    (chapter / "84-121.trans.txt").write_text("84-121-0000 GO DO YOU HEAR\n84-121-0001 IT'S ME\n")
    (root / "SPEAKERS.TXT").write_text("; a comment\n84   | F | dev-clean | 8.01 | A Reader\n")
    return root


def test_librispeech(librispeech: Path) -> None:
    for source in (librispeech, librispeech / "dev-clean"):
        first, second = to_utterances(librispeech_entries(source))
        assert (first.text, second.text) == ("go do you hear", "it's me")
        assert (first.speaker, first.gender, first.duration) == ("84", "female", 0.5)
        assert second.duration == 1.25
        assert second.extra == {"subset": "dev-clean"}


def test_librispeech_without_speaker_table_has_no_gender(librispeech: Path) -> None:
    (librispeech / "SPEAKERS.TXT").unlink()
    assert librispeech_entries(librispeech)[0].labels.get("gender") is None


def test_librispeech_faults_are_named(librispeech: Path) -> None:
    chapter = librispeech / "dev-clean" / "84" / "121"
    transcript = chapter / "84-121.trans.txt"
    with pytest.raises(ImportCorpusError, match=r"holds no \*\.trans\.txt"):
        librispeech_entries(librispeech / "nowhere")
    transcript.write_text("84-121-0000 GO\n\n84-121-0007 LOST\n")
    with pytest.raises(ImportCorpusError, match=r"84-121\.trans\.txt:3: there is no recording"):
        librispeech_entries(librispeech)
    transcript.write_text("84-121-0000\n")
    with pytest.raises(ImportCorpusError, match=r"84-121\.trans\.txt:1: '84-121-0000' has no text"):
        librispeech_entries(librispeech)
    (librispeech / "SPEAKERS.TXT").write_text("84 female\n")
    with pytest.raises(ImportCorpusError, match=r"SPEAKERS\.TXT:1"):
        librispeech_entries(librispeech)


@pytest.fixture
def speech_commands(tmp_path: Path) -> Path:
    for name in ("yes/a1_nohash_0", "yes/b2_nohash_0", "yes/b2_nohash_1", "no/c3_nohash_0"):
        write_tone(tmp_path / f"{name}.wav", 1.0)
    write_tone(tmp_path / "_background_noise_" / "tap.wav", 3.0)
    write_tone(tmp_path / "_unknown_" / "d4_nohash_0.wav", 1.0)
    (tmp_path / "validation_list.txt").write_text("yes/b2_nohash_0.wav\nyes/b2_nohash_1.wav\n")
    (tmp_path / "testing_list.txt").write_text("no/c3_nohash_0.wav\n")
    return tmp_path


def test_speech_commands_splits_part_the_corpus(speech_commands: Path) -> None:
    names: tuple[Split, ...] = get_args(Split)
    found = {split: speech_commands_entries(speech_commands, split) for split in names}
    assert [entry.labels["text"] for entry in found["test"]] == ["no"]
    assert [entry.labels["speaker"] for entry in found["validation"]] == ["b2", "b2"]
    parts = [entry.audio for split in names[1:] for entry in found[split]]
    assert sorted(parts) == sorted(entry.audio for entry in found["all"])
    assert len(parts) == len(set(parts)) == 4


def test_speech_commands_background_has_an_empty_text(speech_commands: Path) -> None:
    noise = speech_commands_entries(speech_commands, "train", background=True)[0]
    assert noise.audio.name == "tap.wav"
    (utterance,) = to_utterances([noise])
    assert (utterance.text, utterance.reference, utterance.duration) == ("", "", 3.0)
    assert len(speech_commands_entries(speech_commands, "test", background=True)) == 1


def test_speech_commands_faults_are_named(speech_commands: Path, tmp_path: Path) -> None:
    (speech_commands / "testing_list.txt").write_text("\nno/zz_nohash_0.wav\n")
    with pytest.raises(ImportCorpusError, match=r"testing_list\.txt:2 names 'no/zz_nohash_0\.wav'"):
        speech_commands_entries(speech_commands)
    (speech_commands / "testing_list.txt").unlink()
    assert len(speech_commands_entries(speech_commands, "all")) == 4
    with pytest.raises(ImportCorpusError, match=r"has no testing_list\.txt"):
        speech_commands_entries(speech_commands, "test")
    (tmp_path / "none").mkdir()
    with pytest.raises(ImportCorpusError, match="no folder of words"):
        speech_commands_entries(tmp_path / "none")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    write_tone(tmp_path / "wav" / "1.wav", 0.75, rate=8000)
    write_tone(tmp_path / "wav" / "2.ogg", 0.5)
    rows = [
        ["Audio", "text", "speaker", "slots", "room", "duration"],
        ["wav/1.wav", "Lights: ON!", "ann", '"{""room"": ""hall""}"', "", "99"],
        ["wav/2.ogg", "<silence>", "", "", "cellar", ""],
    ]
    table = tmp_path / "labels.csv"
    table.write_text("\ufeff" + "\r\n".join(delimiter.join(row) for row in rows) + "\r\n\r\n")
    for source in (table, tmp_path):
        first, second = to_utterances(csv_entries(source))
        assert (first.text, first.speaker, first.duration) == ("lights on", "ann", 0.75)
        assert first.slots == {"room": "hall"}
        assert (second.text, second.speaker, second.extra) == ("", None, {"room": "cellar"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"labels\.csv:1: there is no column 'audio'"),
        ("file,text\na.wav,x\n", r"labels\.csv:1: there is no column 'audio'"),
        (f"audio,{'x' * 200_000}\na.wav,x\n", r"labels\.csv:1: there is no column 'audio'"),
        ("audio,text,text\na.wav,x,y\n", r"labels\.csv:1: columns are ambiguous: 'text'"),
        ("audio,text,\na.wav,x,y\n", r"labels\.csv:1: columns are ambiguous"),
        ("audio,text\n", r"labels\.csv has no rows"),
        ("audio,text\na.wav,x\na.wav,x,y\n", r"labels\.csv:3 has 3 cells, the header 2"),
        ("audio,text\n,x\n", r"labels\.csv:2 names no audio"),
        ("audio,text\nno.wav,x\n", r"labels\.csv:2 names .*no\.wav, which is no file"),
        ("audio,text\nlabels.csv,x\n", r"labels\.csv:2 names .*labels\.csv, which cannot be read"),
        ('audio,text\na.wav,"x\n', r"labels\.csv:\d: "),
        ("audio,slots\na.wav,small\n", r"labels\.csv:2: column 'slots' is no JSON"),
        ("audio,slots\na.wav,[1]\n", r"labels\.csv:2: slots"),
    ],
)
def test_csv_faults_are_named(tmp_path: Path, content: str, message: str) -> None:
    write_tone(tmp_path / "a.wav")
    (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(ImportCorpusError, match=message):
        to_utterances(csv_entries(tmp_path))


def test_a_folder_needs_one_table(tmp_path: Path) -> None:
    with pytest.raises(ImportCorpusError, match="found: none"):
        csv_entries(tmp_path)
    for name in ("a.csv", "b.tsv"):
        (tmp_path / name).write_text("audio\nx.wav\n")
    with pytest.raises(ImportCorpusError, match=r"found: a\.csv, b\.tsv"):
        csv_entries(tmp_path)
    with pytest.raises(ImportCorpusError, match="cannot read"):
        csv_entries(tmp_path / "c.csv")


@given(st.binary(max_size=120))
def test_any_bytes_become_entries_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    table = tmp_path_factory.mktemp("fuzz") / "t.csv"
    for content in (data, b"audio,text\n" + data):
        table.write_bytes(content)
        try:
            entries = csv_entries(table)
        except ImportCorpusError:
            continue
        assert all(isinstance(entry, Entry) for entry in entries)


def test_an_empty_recording_is_named(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", 0.0)
    with pytest.raises(ImportCorpusError, match=r"here:4 names .*a\.wav, which has no samples"):
        to_utterances([Entry(tmp_path / "a.wav", {}, "here:4")])
