"""The verb `music`: find similar pieces, repeat the study, or render the pieces' pictures again."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.commands.tables import to_lines
from core.commands.terminal import answer, progress
from core.music.audio import read_audio
from core.music.library import load_music, make_library, write_pictures
from core.music.spectrograms import to_pictures
from core.studies.music import CHANCE, MAPS, NEAREST, PIXELS, ROWS, SEEDS, MusicRow, run_music, summarize
from core.studies.recorded import Record, to_json
from core.system.files import write_atomically

COLUMNS = (MAPS, ROWS, PIXELS, CHANCE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be done."""
    acts = parser.add_subparsers(dest="act", metavar="WHAT", required=True)
    similar = acts.add_parser("similar", help="the shipped pieces most similar to a WAV, MP3, OGG or FLAC file")
    similar.add_argument("file", type=Path, metavar="FILE")
    study = acts.add_parser("study", help="feature maps against spectral means and chance, with many seeds")
    study.add_argument("--seeds", type=int, default=SEEDS, help=f"splits and networks (default: {SEEDS})")
    study.add_argument("--out", type=Path, metavar="FILE", help="also write the record")
    acts.add_parser("pictures", help="render all pieces and write their pictures again")


def run(options: argparse.Namespace) -> None:
    """Do what was chosen."""
    if options.act == "pictures":
        for share in write_pictures():
            progress(share, "pieces rendered")
    elif options.act == "similar":
        found = _find(options.file)
        answer(options, {"similar": found}, (f"{one['distance']:.4f}  {one['kind']}: {one['title']}" for one in found))
    else:
        record = _study(options.seeds)
        if options.out:
            write_atomically(options.out, to_json(record))
        answer(options, record, _lines(record))


def _find(file: Path) -> list[dict[str, object]]:
    """Return the most similar pieces. Raises ValueError for a file without usable sound."""
    pictures = to_pictures(read_audio(file.read_bytes()))
    library = make_library(load_music())
    found = [(library.music.pieces[index], distance) for index, distance in library.similar(pictures, NEAREST)]
    return [{"title": one.title, "kind": one.kind, "distance": round(distance, 5)} for one, distance in found]


def _study(seeds: int) -> Record:
    music = load_music()
    rows: list[MusicRow] = []
    for row in run_music(music, seeds):
        rows.append(row)
        progress(len(rows) / seeds, f"{len(rows)} of {seeds} seeds")
    return summarize(rows, music)


def _lines(record: Record) -> Iterator[str]:
    rows = [(f"seed {row['seed']}", *(f"{row['precision'][name]:.1f}" for name in COLUMNS)) for row in record["rows"]]
    yield "precision at 5: percent of the five nearest learned pieces that are of the held-out piece's kind"
    yield from to_lines(("", *COLUMNS), rows)
    yield from ("", *record["conclusions"], f"\n{record['command']}")
