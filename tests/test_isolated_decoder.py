"""Pictures that a process of its own decodes: what it may read, how long it may take, and who may leave."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from core.digits import isolated_decoder, pictures, render_document
from core.digits.photographs import finding
from core.system import interrupts
from tests.drawn_pictures import DARK, SVG, saved, svg_bomb


def test_an_svg_shows_nothing_of_other_files(tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(saved(DARK))
    for way in ('href="{}"', "xlink:href='{}'", 'href=" {}"', 'href="file://{}"'):
        used = f'<image {way.format(other)} width="90" height="90"/>'
        svg = f'<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="90">{used}</svg>'
        with pytest.raises(pictures.PictureError, match="transparent"):
            finding.find_digits(pictures.read_picture(svg.encode()))
        assert render_document.OUTSIDE.search(svg), "also where a process may open files"


def test_decoding_in_another_process_ends_when_nobody_waits_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Exception):
        pass

    def leave() -> None:
        raise Gone

    monkeypatch.setattr(isolated_decoder, "CHECK_EVERY", 0.01)
    monkeypatch.setattr(interrupts, "_checks", [leave])
    with pytest.raises(Gone):
        isolated_decoder.render(svg_bomb(), "SVG", 1000, 10**6)


def run_instead(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the decoder run another program, written in Python."""
    (folder / "program.py").write_text(f"import os, sys, time\n{program}")
    monkeypatch.setattr(isolated_decoder, "PROGRAM", folder / "program.py")


def test_a_decoder_that_begins_late_reads_a_large_file_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead("time.sleep(1); sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", tmp_path, monkeypatch)
    content = bytes(range(250)) * 4_000
    assert isolated_decoder.render(content, "SVG", 1000, 10**6) == content[::-1]


@pytest.mark.parametrize("end", ["time.sleep(60)", "os.kill(os.getpid(), 9)", "os.kill(os.getpid(), 24)", "os.abort()"])
def test_a_picture_that_takes_too_much_time_or_memory_is_not_called_damaged(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_instead(end, tmp_path, monkeypatch)
    monkeypatch.setattr(isolated_decoder, "MAX_SECONDS", 1.0 if "sleep" in end else 60.0)
    with pytest.raises(pictures.SlowPictureError, match="too long or too much memory"):
        pictures.read_picture(b"<svg>")


def test_who_waits_for_a_decoder_is_told_so_and_can_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[int] = []
    monkeypatch.setattr(isolated_decoder, "MAX_WAIT", 0.5)
    monkeypatch.setattr(interrupts, "_checks", [lambda: checks.append(1)])
    with ExitStack() as taken:
        for _ in range(isolated_decoder.DECODERS):
            taken.enter_context(isolated_decoder._turn())
        with pytest.raises(pictures.SlowPictureError, match="^Many pictures are being opened at the moment"):
            pictures.read_picture(b"<svg>")
    assert checks and isolated_decoder._turns.acquire(timeout=0), "a turn is given back"
    isolated_decoder._turns.release()
