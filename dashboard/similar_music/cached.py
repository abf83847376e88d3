"""What the page "Similar music" computes once for all visitors: the trained network, and the pieces as sound."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from core.music.audio import MAX_SECONDS, read_audio, to_flac
from core.music.library import Library, load_music, make_library
from core.music.spectrograms import (
    HOP,
    MELS,
    PITCHES,
    RATE,
    chromagram,
    mel_centres,
    mel_spectrogram,
    power_spectrogram,
    to_decibels,
    to_pictures,
)
from core.music.synthesizer import render
from core.visualization.arrays import Values
from core.visualization.music import Spectrograms
from dashboard.server import locks

KEPT = 30  # pieces: half a megabyte each
SHORTENED = 4  # frames in a column of the shown spectrograms: an eighth of a second


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound to hear and to see. Shared: never write to it."""

    flac: bytes
    spectrograms: Spectrograms
    pictures: Tensor
    """What the network sees, `(n, 1, 28, 28)`."""


@st.cache_resource(show_spinner="A small network learns the kinds of music: a few seconds, once ...")
def library() -> Library:
    """Train the network on the shipped pieces."""
    with locks.LONG:
        return make_library(load_music())


@st.cache_resource(max_entries=KEPT, show_spinner="Playing the notes ...")
def piece(index: int) -> Sound:
    """Render one shipped piece."""
    with locks.LONG:
        return to_sound(torch.from_numpy(render(library().music.pieces[index], MAX_SECONDS)))


def own_sound(content: bytes) -> Sound:
    """Read a visitor's file, which only their tab keeps. Raises AudioError."""
    return to_sound(read_audio(content))


def to_sound(samples: Tensor) -> Sound:
    """Return samples `(n,)` as what the page shows of them."""
    power = power_spectrogram(samples)
    mel, chroma = (_shorten(values) for values in (to_decibels(mel_spectrogram(power)), chromagram(power)))
    shown = Spectrograms(mel, chroma, mel_centres(MELS), PITCHES, SHORTENED * HOP / RATE)
    return Sound(to_flac(samples), shown, to_pictures(samples))


def _shorten(values: Tensor) -> Values:
    """Return the means of SHORTENED frames each: a page has no more pixels."""
    count = values.shape[1] // SHORTENED
    means: Values = values[:, : count * SHORTENED].reshape(len(values), count, SHORTENED).mean(2).numpy().round(2)
    return means
