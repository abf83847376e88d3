"""Sound -> mel spectrogram and chromagram, with librosa's formulas, and both as pictures in the format of digits.

librosa itself would bring a compiler (numba, 200 MB) that halts the server for 20 seconds at the first use. Its values
are the tests' reference.
"""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.pmnist.masks import SIDE

RATE = 16_000  # samples per second
WINDOW, HOP = 4096, 500  # samples of a Hann window, and between two: 0.256 and 0.031 seconds
COLUMN = 8  # frames, averaged into one column of a picture: a quarter of a second
SECONDS = SIDE * COLUMN * HOP / RATE  # of a picture: 7
MELS, PITCH_CLASSES = 64, 12
RANGE = 60.0  # decibels from black to white
PITCHES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


def power_spectrogram(sound: Tensor) -> Tensor:
    """Return |STFT|² `(WINDOW / 2 + 1, frames)` of samples `(n,)`, zeros around them; frame t is centred at t · HOP."""
    window = torch.hann_window(WINDOW, device=sound.device)
    spectrum = torch.stft(sound, WINDOW, HOP, window=window, pad_mode="constant", return_complex=True)
    return spectrum.abs().square()


def mel_spectrogram(power: Tensor, bands: int = MELS) -> Tensor:
    """Return the power in each mel band, `(bands, frames)`: bands are wider towards high tones, as hearing is."""
    return mel_filters(bands).to(power.device) @ power


def chromagram(power: Tensor) -> Tensor:
    """Return the power of each pitch class in all octaves, `(12, frames)`, from C to B; the loudest of a frame is 1."""
    chroma = chroma_filters().to(power.device) @ power
    return chroma / chroma.amax(0).clamp(min=1e-10)


def to_decibels(power: Tensor) -> Tensor:
    """Return power as brightness in [0, 1]: 1 is the largest value, 0 is RANGE decibels below it or less."""
    largest = power.max().clamp(min=1e-10)
    return (1 + 10 * torch.log10((power / largest).clamp(min=1e-10)) / RANGE).clamp(0, 1)


@cache
def mel_filters(bands: int) -> Tensor:
    """Return the triangular filters `(bands, WINDOW / 2 + 1)` of equal area (Slaney 1998), 0 Hz to half the rate."""
    frequencies = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    edges = _to_hertz(np.linspace(0, _to_mel(RATE / 2), bands + 2))
    widths = np.diff(edges)[:, None]
    slopes = edges[:, None] - frequencies
    rising, falling = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


def mel_centres(bands: int) -> NDArray[np.float64]:
    """Return the frequency in hertz at which each mel band is most sensitive, `(bands,)`."""
    return _to_hertz(np.linspace(0, _to_mel(RATE / 2), bands + 2))[1:-1]


def _to_mel(hertz: float) -> float:
    """Slaney's scale: linear to 1,000 Hz, then 27 steps for each factor of 6.4."""
    return hertz / (200 / 3) if hertz < 1000 else float(15 + np.log(hertz / 1000) * 27 / np.log(6.4))


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@cache
def chroma_filters() -> Tensor:
    """Return the filters `(12, WINDOW / 2 + 1)` that sum what is near each pitch class (Ellis 2007), A4 at 440 Hz.

    A frequency counts in every pitch class by its distance, and octaves less the farther they are from 400 Hz.
    """
    bins = 12 * np.log2(np.linspace(0, RATE, WINDOW, endpoint=False)[1:] / (440 / 16))
    bins = np.concatenate([[bins[0] - 1.5 * 12], bins])
    widths = np.concatenate([np.maximum(np.diff(bins), 1), [1]])
    away = np.remainder(bins - np.arange(12)[:, None] + 6 + 120, 12) - 6
    filters = np.exp(-0.5 * (2 * away / widths) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    filters *= np.exp(-0.5 * ((bins / 12 - 5) / 2) ** 2)
    return torch.from_numpy(np.roll(filters, -3, axis=0)[:, : WINDOW // 2 + 1].astype(np.float32))


def to_pictures(sound: Tensor) -> Tensor:
    """Return each SECONDS of samples `(n,)` as a picture `(N, 1, 28, 28)` in [0, 1], low tones at the bottom.

    The upper 16 rows are mel bands, the lower 12 the chromagram; a column is a quarter of a second.
    """
    power = power_spectrogram(sound)
    count = len(sound) // round(SECONDS * RATE)
    mels, chroma = to_decibels(mel_spectrogram(power, SIDE - PITCH_CLASSES)), chromagram(power)
    rows = torch.cat([mels.flip(0), chroma.flip(0)])[:, : count * SIDE * COLUMN]
    columns = rows.reshape(SIDE, count, SIDE, COLUMN).mean(3)
    return columns.permute(1, 0, 2)[:, None].contiguous()
