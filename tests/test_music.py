"""Music: spectrograms like librosa's, sound files and bad ones, the shipped pieces, and what the maps find similar."""

import json
import sys
from subprocess import run

import numpy as np
import pytest
import torch
from torch import Tensor

from core.__main__ import main
from core.music import audio
from core.music import spectrograms as music_spectrograms
from core.music.audio import AudioError, read_audio, to_flac
from core.music.library import HELD_OUT, LEARNED, Library, load_music, make_library, picture_bytes, split_pieces
from core.music.spectrograms import RATE, chromagram, mel_spectrogram, power_spectrogram, to_decibels, to_pictures
from core.studies import music as study
from core.studies.recorded import load_recorded
from tests.made_sounds import A4, saved, tone


@pytest.fixture(scope="module")
def made() -> Library:
    return make_library(load_music())


# Spectrograms


@pytest.mark.slow  # librosa compiles itself at its first use
@pytest.mark.filterwarnings("ignore")
def test_s6_spectrogram_mel_spectrogram_and_chromagram_are_librosas() -> None:
    import librosa

    given = {"n_fft": music_spectrograms.WINDOW, "hop_length": music_spectrograms.HOP}
    noise = np.random.default_rng(0).normal(size=RATE * 3).astype(np.float32) + tone(seconds=3)
    power = power_spectrogram(torch.from_numpy(noise))
    np.testing.assert_allclose(power, np.abs(librosa.stft(noise, **given)) ** 2, rtol=1e-3, atol=1e-2)
    wanted = librosa.feature.melspectrogram(y=noise, sr=RATE, n_mels=64, **given)
    np.testing.assert_allclose(mel_spectrogram(power), wanted, rtol=1e-3)
    np.testing.assert_allclose(
        to_decibels(power), 1 + librosa.power_to_db(power, ref=np.max, top_db=60) / 60, atol=1e-4
    )
    wanted = librosa.feature.chroma_stft(y=noise, sr=RATE, tuning=0, **given)
    np.testing.assert_allclose(chromagram(power), wanted, rtol=1e-3)


@pytest.mark.parametrize("octave", [0.5, 1, 2, 4])
def test_an_a_of_any_octave_is_loudest_in_the_row_of_a(octave: float) -> None:
    chroma = chromagram(power_spectrogram(torch.from_numpy(tone(A4 * octave))))
    assert set(chroma[:, 5:-5].argmax(0).tolist()) == {music_spectrograms.PITCHES.index("A")}


def test_a_higher_tone_is_higher_in_the_picture_and_a_picture_lasts_seven_seconds() -> None:
    low, high = (to_pictures(torch.from_numpy(tone(frequency, 15))) for frequency in (200, 2000))
    assert low.shape == high.shape == (2, 1, 28, 28) and 0 <= float(low.min()) <= float(low.max()) <= 1
    rows = [int(pictures[0, 0, :16].mean(1).argmax()) for pictures in (low, high)]
    assert rows[0] > rows[1]


# Sound files


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("WAV", {}), ("WAV", {"subtype": "FLOAT"}), ("FLAC", {}), ("OGG", {}), ("MP3", {})],
    ids=["WAV", "WAV of floats", "FLAC", "OGG", "MP3"],
)
def test_s6_own_files_are_read_with_their_channels_averaged_at_one_rate(kind: str, settings: dict[str, str]) -> None:
    stereo = np.stack([tone(rate=44_100), 0 * tone(rate=44_100)], 1)
    sound = read_audio(saved(stereo, kind, **settings))
    assert sound.dtype == torch.float32 and abs(len(sound) - 8 * RATE) < RATE / 10
    assert float(sound.abs().max()) == pytest.approx(0.9, abs=0.01)
    spectrum = torch.fft.rfft(sound).abs()
    assert int(spectrum.argmax()) * RATE / len(sound) == pytest.approx(A4, abs=1)


def test_only_the_beginning_of_a_long_file_is_read() -> None:
    assert len(read_audio(saved(tone(seconds=60, rate=8000), rate=8000))) == audio.MAX_SECONDS * RATE


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"not a sound", "not a WAV, MP3, OGG or FLAC"),
        (saved(tone())[:30], "not a WAV, MP3, OGG or FLAC"),
        (saved(tone(), "AIFF"), "not a WAV, MP3, OGG or FLAC"),
        (saved(np.zeros((9000, 9), np.float32)), "not a WAV, MP3, OGG or FLAC"),
        (saved(0 * tone()), "no sound"),
        (saved(np.full(200_000, np.nan, np.float32), subtype="FLOAT"), "no sound"),
        (saved(tone(seconds=2)), r"lasts \d\.\d seconds; at least 7"),
        (b"RIFF" + bytes(audio.MAX_MEGABYTES * 1024**2), "larger than 25 MB"),
    ],
    ids=["empty", "text", "cut", "AIFF", "nine channels", "silent", "no numbers", "short", "large"],
)
def test_a_file_without_usable_sound_gives_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(AudioError, match=sentence) as error:
        read_audio(data)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_damaged_files_give_sound_or_a_sentence() -> None:
    chance = np.random.default_rng(0)
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        content = np.frombuffer(saved(tone(seconds=9, rate=8000), kind, 8000), np.uint8)
        for _ in range(3):
            broken = content.copy()
            broken[chance.integers(0, len(broken), 20)] = chance.integers(0, 256, 20)
            try:
                assert torch.isfinite(read_audio(broken.tobytes())).all()
            except AudioError as error:
                assert str(error).endswith(".")


def test_a_file_of_ours_is_read_as_it_was_written() -> None:
    sound = torch.from_numpy(tone(seconds=9)) * (0.9 / 0.4)
    np.testing.assert_allclose(read_audio(to_flac(sound)), sound, atol=1e-3)


# The shipped pieces


def test_the_pictures_are_those_of_the_notes() -> None:
    music = load_music()
    assert len(music.kinds) == 5 and len({piece.title for piece in music.pieces}) == len(music.pieces) > 200
    for at in (0, len(music.pieces) // 2, len(music.pieces) - 1):
        difference = picture_bytes(music.pieces[at]).int() - music.pixels[music.owners == at].int()
        assert difference.abs().max() <= 2


def test_no_piece_is_both_learned_and_held_out_and_every_kind_is_in_both() -> None:
    music = load_music()
    uses = split_pieces(music, 3)
    assert torch.equal(uses, split_pieces(music, 3)) and not torch.equal(uses, split_pieces(music, 4))
    for label in range(len(music.kinds)):
        share = (uses[music.labels == label] == HELD_OUT).double().mean()
        assert 0.2 < float(share) < 0.3
    assert not set(music.owners[torch.isin(music.owners, torch.nonzero(uses == LEARNED))].tolist()) & set(
        torch.nonzero(uses == HELD_OUT).flatten().tolist()
    )


def test_s6_similar_pieces_come_from_the_learned_ones_the_nearest_first(made: Library) -> None:
    asked = made.held_out[0]
    found = made.similar(made.music.pictures_of(asked), 5)
    distances = [distance for _, distance in found]
    assert distances == sorted(distances) and len({index for index, _ in found}) == 5
    assert {int(made.uses[index]) for index, _ in found} == {LEARNED}


def test_a_learned_piece_is_nearest_to_itself(made: Library) -> None:
    for index in made.indices[::40]:
        assert made.similar(made.music.pictures_of(index), 1)[0] == (index, pytest.approx(0, abs=1e-5))


def test_the_same_seed_makes_the_same_library(made: Library) -> None:
    again: Tensor = make_library(load_music()).lookup.units
    assert torch.equal(again, made.lookup.units)


# The study and the command


def test_feature_maps_find_more_music_of_the_same_kind_than_spectral_means_and_chance() -> None:
    row = study.measure_seed(load_music(), 0)
    assert row.precision[study.MAPS] > row.precision[study.ROWS] > row.precision[study.CHANCE] + 10


def test_precision_counts_the_learned_pieces_of_the_same_kind_among_the_nearest_five() -> None:
    vectors = torch.tensor([[1.0, 0.0]] * 3 + [[0.9, 0.1]] * 3 + [[0.0, 1.0]] * 9 + [[1.0, 0.0], [0.0, 1.0]])
    labels = torch.tensor([0] * 3 + [1] * 3 + [1] * 9 + [0, 1])
    uses = torch.tensor([LEARNED] * 15 + [HELD_OUT] * 2)
    assert study.find_same_kind(vectors, labels, uses).tolist() == [pytest.approx(3 / 5), 1]


def test_s6_the_recorded_study_has_a_conclusion_from_its_rows_and_names_its_command() -> None:
    record = load_recorded(study.STUDY)
    assert record["conclusions"] == list(study.conclude(record)) and len(record["rows"]) == study.SEEDS
    assert record["command"] == f"python -m core music study --seeds {study.SEEDS}"


def test_the_command_finds_similar_pieces_and_refuses_a_bad_file(
    tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, made: Library
) -> None:
    monkeypatch.setattr("core.commands.music.make_library", lambda music: made)
    file = tmp_path / "own.flac"
    file.write_bytes(to_flac(torch.from_numpy(tone(seconds=8))))
    assert main(["music", "--json", "similar", str(file)]) == 0
    assert len(json.loads(capsys.readouterr().out)["similar"]) == 5
    file.write_bytes(b"no")
    assert main(["music", "similar", str(file)]) == 2
    assert "not a WAV" in capsys.readouterr().err


def test_librosa_is_not_loaded_by_the_app_and_sound_files_only_when_needed() -> None:
    code = "import sys, core.music.library; print({'librosa', 'numba', 'soundfile'} & set(sys.modules))"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"
