"""Tones as samples and as sound files."""

import io

import numpy as np
import soundfile

from core.music.spectrograms import RATE

A4 = 440.0


def tone(frequency: float = A4, seconds: float = 8, rate: int = RATE) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def saved(sound: np.ndarray, kind: str = "WAV", rate: int = 44_100, **settings: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format=kind, **settings)
    return file.getvalue()
