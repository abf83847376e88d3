"""The program that decodes one sound file: `decode_audio.py RATE SECONDS < file > samples`, float32, one channel.

It ends with NOT_AUDIO or NO_SOUND instead of samples. It may use little time and memory, and open no file
and no connection once it has read its input.
"""

import io
import sys
from pathlib import Path

NOT_AUDIO, NO_SOUND = 6, 7  # exit statuses
FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3")
RATES, CHANNELS = (4_000, 192_000), 8


def main() -> None:
    """Write the first SECONDS of the file, its channels averaged, at RATE samples per second."""
    sys.path.append(str(Path(__file__).parents[2]))
    import numpy as np
    import soundfile

    from core.digits.render_document import confine

    np.fft.rfft(np.zeros(9))  # loads what it needs: later no file can be opened
    rate, seconds = int(sys.argv[1]), float(sys.argv[2])
    content = io.BytesIO(sys.stdin.buffer.read())
    confine()
    try:
        with soundfile.SoundFile(content) as file:
            if file.format not in FORMATS or not RATES[0] <= file.samplerate <= RATES[1] or file.channels > CHANNELS:
                sys.exit(NOT_AUDIO)
            given = file.samplerate
            samples = file.read(round(seconds * given), dtype="float32", always_2d=True).mean(1)
    except soundfile.LibsndfileError:
        sys.exit(NOT_AUDIO)
    if not np.isfinite(samples).all() or not samples.any():
        sys.exit(NO_SOUND)
    count = round(len(samples) * rate / given)  # by its spectrum: what is above half the new rate is cut off
    sound = np.fft.irfft(np.fft.rfft(samples)[: count // 2 + 1], count) * (count / len(samples))
    sys.stdout.buffer.write(sound.astype("<f4").tobytes())


if __name__ == "__main__":
    main()
