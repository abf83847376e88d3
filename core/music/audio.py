"""Sound files -> samples: WAV, MP3, OGG and FLAC, recognised by their content and decoded in a process of its own."""

import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.digits import isolated_decoder, render_document
from core.music import decode_audio
from core.music.spectrograms import RATE, SECONDS

PROGRAM = Path(decode_audio.__file__)
MAX_MEGABYTES = 25  # of 1024**2 bytes; 28 seconds of CD sound take 5
MAX_PICTURES = 4  # that a sound is cut into
MAX_SECONDS = MAX_PICTURES * SECONDS  # of a file that are read: 28
SENTENCES = {
    decode_audio.NOT_AUDIO: "The file is not a WAV, MP3, OGG or FLAC that can be read.",
    decode_audio.NO_SOUND: "There is no sound at the beginning of the file.",
    render_document.TOO_COSTLY: "The file takes too long or too much memory to open; save it as a WAV and try again.",
    isolated_decoder.BUSY: "Many files are being opened at the moment; wait a minute and choose the file again.",
}


class AudioError(ValueError):
    """A file without usable sound; the message is one sentence for the user."""


def read_audio(data: bytes) -> Tensor:
    """Return the first MAX_SECONDS of a sound file as samples `(n,)`, channels averaged, at RATE, its peak at 0.9.

    Raises AudioError for a file of another kind, too large, damaged, silent or shorter than one picture.
    """
    if not data:
        raise AudioError("The file is empty.")
    if len(data) > MAX_MEGABYTES * 1024**2:
        raise AudioError(f"The file is larger than {MAX_MEGABYTES} MB; cut it to half a minute and try again.")
    try:
        output = isolated_decoder.run_program(PROGRAM, (str(RATE), str(MAX_SECONDS)), data)
    except isolated_decoder.DecoderError as error:
        raise AudioError(SENTENCES.get(error.status, SENTENCES[decode_audio.NOT_AUDIO])) from None
    sound = torch.from_numpy(np.frombuffer(output, "<f4").astype(np.float32))
    if len(sound) < round(SECONDS * RATE):
        raise AudioError(f"The sound lasts {len(sound) / RATE:.1f} seconds; at least {SECONDS:.0f} are needed.")
    return sound * (0.9 / sound.abs().max())


def to_flac(sound: Tensor) -> bytes:
    """Return samples `(n,)` in [-1, 1] as a FLAC file, half as large as a WAV; every browser plays it."""
    import soundfile  # only where needed

    file = io.BytesIO()
    soundfile.write(file, sound.numpy(), RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()
