"""Changed copies and streams: reproducible, labelled with what was done, times that point at the sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.corpora.augment import Changes, augment_corpus
from skipstone.quantize.corpora.corpus_folder import CorpusFolderError, write_corpus
from skipstone.quantize.corpora.manifest import Utterance, Word, read_manifest
from skipstone.quantize.corpora.noises import read_noises
from skipstone.quantize.corpora.spread import Spread, SpreadError
from skipstone.quantize.corpora.streams import StreamSettings, stream_corpus
from skipstone.quantize.corpora.waveform import WaveformError, active_span, to_float
from sounds import write_tone

RATE = 16000


@pytest.fixture
def utterances(tmp_path: Path) -> list[Utterance]:
    texts = ["yes", "no", "turn it off", ""]
    made = []
    for index, text in enumerate(texts):
        audio = write_tone(tmp_path / "in" / f"{index}.wav", 0.8 + 0.2 * index, hertz=300 + 100 * index)
        words = None
        if text == "turn it off":
            words = tuple(
                Word(text=w, start=0.3 + 0.2 * i, end=0.5 + 0.2 * i) for i, w in enumerate(text.split())
            )
        made.append(
            Utterance(
                audio=audio, text=text, duration=0.8 + 0.2 * index, speaker="s", words=words, room=index
            )
        )
    return made


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    folder = tmp_path / "noise"
    folder.mkdir()
    hiss = np.random.default_rng(1).normal(0, 0.05, RATE).clip(-1, 1)
    soundfile.write(folder / "hiss.wav", hiss, RATE)
    return folder


def samples_of(manifest: Path) -> list[np.ndarray]:
    return [soundfile.read(utterance.audio, dtype="int16")[0] for utterance in read_manifest(manifest)]


def everything(noise: Path, reverberation: float) -> Changes:
    return Changes(
        speed=Spread((0.8, 1.25)),
        padding=Spread((0.0, 0.1), continuous=True),
        reverberation=reverberation,
        noises=tuple(read_noises(noise)),
        snr=Spread((6.0, 12.0)),
        narrow_band=0.5,
        gain=Spread((-6.0, 6.0), continuous=True),
    )


def test_copies_are_reproducible_and_say_what_was_done(
    tmp_path: Path, utterances: list[Utterance], noise: Path
) -> None:
    pytest.importorskip("pyroomacoustics")
    changes = everything(noise, reverberation=0.5)
    first, again = (augment_corpus(utterances, changes, tmp_path / name, 3, seed=5) for name in "ab")
    other = augment_corpus(utterances, changes, tmp_path / "c", 3, seed=6)
    assert first.read_text() == again.read_text() != other.read_text()
    for one, two in zip(samples_of(first), samples_of(again), strict=True):
        assert np.array_equal(one, two)
    copies = read_manifest(first)
    assert [copy.text for copy in copies] == [u.text for u in utterances for _ in range(3)]
    done = [copy.extra["augmentation"] for copy in copies]
    assert {d["of"] for d in done} == {f"{i}.wav" for i in range(4)}
    assert {"speed", "padding", "room", "noise", "snr_db", "narrow_band", "gain_db"} == set().union(*done) - {
        "of"
    }
    assert not all("room" in d for d in done)
    for copy in copies:
        assert copy.extra["room"] == int(copy.extra["augmentation"]["of"][0])
        assert copy.duration == pytest.approx(soundfile.info(copy.audio).duration, abs=1e-3)


def test_an_utterance_is_changed_alike_whatever_stands_around_it(
    tmp_path: Path, utterances: list[Utterance], noise: Path
) -> None:
    changes = everything(noise, reverberation=0.0)
    both = samples_of(augment_corpus(utterances[:2], changes, tmp_path / "a", 2, seed=5))
    alone = samples_of(augment_corpus(utterances[:1], changes, tmp_path / "b", 1, seed=5))
    assert np.array_equal(both[0], alone[0])


def test_word_times_follow_the_speed_and_earlier_changes_are_kept(
    tmp_path: Path, utterances: list[Utterance]
) -> None:
    slow = augment_corpus(utterances[2:3], Changes(speed=Spread((0.5,))), tmp_path / "slow")
    (copy,) = read_manifest(slow)
    assert copy.words is not None
    assert [(word.start, word.end) for word in copy.words] == [(0.6, 1.0), (1.0, 1.4), (1.4, 1.8)]
    assert copy.duration == pytest.approx(2 * utterances[2].duration, abs=0.01)
    padded = augment_corpus(
        [utterances[2]], Changes(speed=Spread((0.5,)), padding=Spread((0.25,))), tmp_path / "padded"
    )
    (longer,) = read_manifest(padded)
    assert longer.words is not None
    assert [word.start for word in longer.words] == [0.85, 1.25, 1.65]
    assert longer.duration == pytest.approx(copy.duration + 0.5, abs=0.01)
    assert active_span(to_float(samples_of(padded)[0]))[0] == pytest.approx(
        0.25 + active_span(to_float(samples_of(slow)[0]))[0], abs=0.026
    )
    (twice,) = read_manifest(augment_corpus([copy], Changes(gain=Spread((3.0,))), tmp_path / "loud"))
    assert twice.extra["augmentation"]["after"] == {"of": "2.wav", "speed": 0.5}


def test_digital_silence_gets_no_noise(tmp_path: Path, noise: Path) -> None:
    audio = write_tone(tmp_path / "zero.wav", level=0.0)
    made = augment_corpus(
        [Utterance(audio=audio, text="", duration=0.5)], everything(noise, 0.0), tmp_path / "out"
    )
    assert not samples_of(made)[0].any()
    assert "snr_db" not in read_manifest(made)[0].extra["augmentation"]


@pytest.mark.parametrize("share", [0.7, 0.8, 0.9])
def test_streams_have_the_stated_share_of_silence(
    tmp_path: Path, utterances: list[Utterance], share: float
) -> None:
    settings = StreamSettings(seconds=600, silence=share)
    manifest = stream_corpus(utterances, settings, tmp_path / "out", seed=2)
    (stream,) = read_manifest(manifest)
    (pcm,) = samples_of(manifest)
    assert stream.extra["silence"] == pytest.approx(share, abs=0.01)
    segments = stream.extra["segments"]
    spoken = sum(s["end"] - s["start"] for s in segments if s["text"])
    assert 1 - spoken * RATE / len(pcm) == pytest.approx(share, abs=0.01)
    assert stream.text == " ".join(s["text"] for s in segments if s["text"])
    assert (stream.speaker, stream.domain) == ("s", None)
    for segment in segments:
        start, end = round(segment["start"] * RATE), round(segment["end"] * RATE)
        found = active_span(to_float(pcm[start - 1000 : end + 1000]))
        assert found[0] == pytest.approx(1000 / RATE, abs=0.03)
        assert found[1] == pytest.approx((1000 + end - start) / RATE, abs=0.03)


def test_stream_words_have_times(tmp_path: Path, utterances: list[Utterance]) -> None:
    (stream,) = read_manifest(stream_corpus(utterances, StreamSettings(600, 0.7), tmp_path / "out"))
    assert stream.words is not None
    assert stream.text == " ".join(word.text for word in stream.words)
    assert all(word.start < word.end <= stream.duration for word in stream.words)
    unknown = [utterances[2].model_copy(update={"words": None}), *utterances[:2]]
    (stream,) = read_manifest(stream_corpus(unknown, StreamSettings(600, 0.7), tmp_path / "unknown"))
    assert stream.words is None


def test_streams_are_cut_to_length_and_use_every_utterance_once(
    tmp_path: Path, utterances: list[Utterance], noise: Path
) -> None:
    many = utterances * 10
    settings = StreamSettings(seconds=8, silence=0.7, noises=tuple(read_noises(noise)), snr=Spread((10.0,)))
    first, again = (stream_corpus(many, settings, tmp_path / name, seed=3) for name in "ab")
    assert first.read_text() == again.read_text()
    for one, two in zip(samples_of(first), samples_of(again), strict=True):
        assert np.array_equal(one, two)
        assert np.abs(one[:200]).max() > 0, "noise fills the pauses too"
    made = read_manifest(first)
    assert len(made) > 5
    assert all(stream.duration < 12 and stream.extra["snr_db"] == 10.0 for stream in made)
    used = sorted(segment["of"] for stream in made for segment in stream.extra["segments"])
    assert used == sorted(utterance.audio.name for utterance in many)


@pytest.mark.parametrize(("seconds", "share"), [(0, 0.5), (10, 1.0), (10, -0.1)])
def test_impossible_streams_are_refused(seconds: float, share: float) -> None:
    with pytest.raises(WaveformError, match="cannot be made"):
        StreamSettings(seconds=seconds, silence=share)


def test_a_corpus_replaces_only_a_corpus(tmp_path: Path, utterances: list[Utterance]) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("do not lose me")
    with pytest.raises(CorpusFolderError, match=r"thesis\.txt"), write_corpus(tmp_path / "home"):
        pass
    assert (tmp_path / "home" / "thesis.txt").exists()
    with pytest.raises(CorpusFolderError, match="is a file"), write_corpus(utterances[0].audio):
        pass
    made = augment_corpus(utterances, Changes(), tmp_path / "made")
    with pytest.raises(CorpusFolderError, match="that are read"):
        augment_corpus(read_manifest(made), Changes(), tmp_path / "made")
    assert augment_corpus(utterances[:1], Changes(), tmp_path / "made") == made
    assert len(read_manifest(made)) == 1


def test_a_failure_leaves_nothing(tmp_path: Path, utterances: list[Utterance]) -> None:
    utterances[1].audio.unlink()
    with pytest.raises(Exception, match="is not a file"):
        augment_corpus(utterances, Changes(), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_spreads() -> None:
    generator = np.random.default_rng(1)
    assert Spread.parse("6:24", "snr").draw(generator) != 6.0
    assert {Spread.parse("6,12", "snr").draw(generator) for _ in range(50)} == {6.0, 12.0}
    assert Spread.parse("-3", "gain").draw(generator) == -3.0
    for text in ("", "a", "1:2:3", "2:1", "1,,2"):
        with pytest.raises(SpreadError, match="no number, range or list"):
            Spread.parse(text, "snr")
    for text in ("nan", "inf", "0.1:5"):
        with pytest.raises(SpreadError, match="out of range"):
            Spread.parse(text, "speed", 0.25, 4)


def test_noises_of_a_file_a_folder_or_a_manifest(tmp_path: Path, noise: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"audio": "noise/hiss.wav", "duration": 1}\n')
    for source in (noise, noise / "hiss.wav", tmp_path / "m.jsonl"):
        assert [n.name for n in read_noises(source)] == ["hiss.wav"]
    write_tone(noise / "zero.wav", level=0.0)
    with pytest.raises(WaveformError, match=r"zero\.wav .*is silent"):
        read_noises(noise)
    (tmp_path / "empty").mkdir()
    with pytest.raises(WaveformError, match="no recordings"):
        read_noises(tmp_path / "empty")
