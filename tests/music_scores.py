"""Write the notes of core/music/score_notes: `python -m tests.music_scores` after `pip install music21==10.5.1`.

music21's corpus holds scores of music whose composers died more than a hundred years ago. Only its notes are taken
(start, length, pitch), of the beginning of each piece, and nothing of an edition: no text, no layout, no marks. Sets
whose files reserve rights to what is derived from them (Palestrina, Essen, Trecento) are left out.
"""

import json
import random
import re
import string
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.music.scores import FOLDER, NOTES, PIECES, TICKS

MOST = 56  # pieces of a kind
TEMPO = (84, 132)  # quarter notes a minute, drawn for every piece of every kind: no kind is known by its tempo
QUARTERS = 62  # of each piece: 28 seconds at the fastest tempo
FEWEST_NOTES = 24
QUARTETS = (
    "beethoven/opus18",
    "beethoven/opus59",
    "beethoven/opus74",
    "haydn",
    "mozart/k1",
    "mozart/k80",
    "mozart/k458",
)
KINDS = {  # by kind: the composer or collection, the folder, what a path must hold
    "chorale": ("Johann Sebastian Bach, before 1750", "bach", ("bach/bwv",)),
    "madrigal": ("Claudio Monteverdi, 1592 to 1603", "monteverdi", ("monteverdi/madrigal",)),
    "string quartet": ("Haydn, Mozart and Beethoven, 1762 to 1809", "", QUARTETS),
    "reel": ("Ryan's Mammoth Collection, 1883", "ryansMammoth", ("Reel",)),
    "jig": ("Ryan's Mammoth Collection, 1883", "ryansMammoth", ("Jig",)),
}


def main() -> None:
    """Write the notes of all kinds."""
    pieces, notes, drawn = [], [], random.Random(0)
    for kind, (source, _, _) in KINDS.items():
        for title, found in list(dict(pieces_of(kind)).items())[:MOST]:
            tempo = drawn.randint(*TEMPO)
            pieces.append({"title": title, "kind": kind, "source": source, "tempo": tempo, "notes": len(found)})
            notes.append(found)
        print(kind, sum(piece["kind"] == kind for piece in pieces), flush=True)
    lines = ",\n".join(json.dumps(piece) for piece in pieces)
    (FOLDER / PIECES).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    np.savez_compressed(FOLDER / NOTES, notes=np.concatenate(notes))


def pieces_of(kind: str) -> Iterator[tuple[str, Any]]:
    """Yield title and notes `(n, 3)` of each usable piece, in an order drawn with a seed."""
    from music21 import corpus

    _, folder, parts = KINDS[kind]
    paths = sorted(str(path).split("corpus/")[-1] for path in corpus.getPaths(fileExtensions=("mxl", "xml", "abc")))
    paths = [path for path in paths if any(part in path for part in parts) and path.startswith(folder)]
    random.Random(0).shuffle(paths)
    count = 0
    for path in paths:
        try:
            yield from read(path, kind)
            count += 1
        except Exception as error:  # a file that music21 cannot read is no piece
            print(path, type(error).__name__, str(error)[:80], flush=True)
        if count >= MOST + 4:
            return


def read(path: str, kind: str) -> Iterator[tuple[str, Any]]:
    """Yield one score's title and notes, if it has enough."""
    from music21 import chord, corpus, harmony, note

    score = corpus.parse(path)
    found = []
    for one in score.flatten().stripTies(inPlace=False).notes:
        if isinstance(one, harmony.Harmony) or one.offset >= QUARTERS or not one.quarterLength:
            continue
        if not isinstance(one, note.Note | chord.Chord):
            continue
        for pitch in one.pitches:
            found.append(
                [round(float(one.offset) * TICKS), max(1, round(float(one.quarterLength) * TICKS)), pitch.midi]
            )
    array = np.unique(np.array(found, np.int16).reshape(-1, 3), axis=0)
    array[:, 0] -= array[:, 0].min(initial=0) if len(array) else 0
    if len(array) >= FEWEST_NOTES and array[:, 0].max() >= 30 * TICKS:
        yield title_of(path, score), array


def title_of(path: str, score: Any) -> str:
    """Return the name on the page: a title, or the catalogue's number."""
    *_, folder, file = path.split("/")
    stem = file.rsplit(".", 1)[0]
    if stem.startswith("bwv"):
        return stem.replace("bwv", "BWV ")
    if stem.startswith("movement"):
        work = path.split("/")[-3].capitalize()
        name = folder.replace("opus", "op. ").replace("no", " no. ")
        name = name.replace("k", "K. ", 1) if folder.startswith("k") else name
        return f"{work}, {name}, movement {stem[-1]}"
    if stem.startswith("madrigal"):
        _, book, number = stem.split(".")
        return f"Madrigal {number} of book {book}"
    if stem.startswith("opus"):
        return f"{folder.capitalize()}, {stem.replace('opus', 'op. ').replace('no', ' no. ')}"
    return string.capwords(re.split(r"\s*-+\s+", str(score.metadata.title or stem))[0].strip(' ."'))


if __name__ == "__main__":
    main()
