"""Notes -> sound: one instrument for all pieces, so that no kind is known by its timbre."""

import numpy as np
from numpy.typing import NDArray

from core.music.scores import TICKS, Piece
from core.music.spectrograms import RATE

HARMONICS = 6  # of every tone, the k-th with amplitude 1/k
ATTACK, DECAY, RELEASE = 0.01, 1.2, 0.08  # seconds: rise, fall to 1/e while the note is held, fade after it
PEAK = 0.9  # of full scale


def render(piece: Piece, seconds: float) -> NDArray[np.float32]:
    """Return the first `seconds` of a piece as samples `(n,)` in [-1, 1] at `RATE`; shorter if the piece is."""
    beat = 60 / piece.tempo / TICKS
    starts, lengths = piece.notes[:, 0] * beat, piece.notes[:, 1] * beat
    total = round(RATE * min(seconds, float((starts + lengths).max()) + RELEASE))
    sound = np.zeros(total, np.float32)
    for start, length, pitch in zip(starts, lengths, piece.notes[:, 2], strict=True):
        begin = round(RATE * start)
        if begin < total:
            tone = _tone(440 * 2 ** ((pitch - 69) / 12), length)[: total - begin]
            sound[begin : begin + len(tone)] += tone
    return sound * (PEAK / max(float(np.abs(sound).max(initial=0)), 1e-9))


def _tone(frequency: float, length: float) -> NDArray[np.float32]:
    """Return one note: harmonics below half the sample rate under an envelope."""
    time = np.arange(round(RATE * (length + RELEASE)), dtype=np.float32) / RATE
    numbers = np.arange(1, HARMONICS + 1)
    numbers = numbers[numbers * frequency < RATE / 2]
    waves = np.sin(2 * np.pi * frequency * numbers[:, None] * time) / numbers[:, None]
    envelope = np.minimum(1, time / ATTACK) * np.exp(-time / DECAY) * np.clip((length + RELEASE - time) / RELEASE, 0, 1)
    tone: NDArray[np.float32] = (waves.sum(0) * envelope).astype(np.float32)
    return tone
