"""The page "Similar music": a piece and the five nearest, to hear and to see; one's own file; the recorded study."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.studies.music import STUDY
from core.studies.recorded import load_recorded
from dashboard.similar_music import cached, piece_views
from tests.made_sounds import saved, tone
from tests.pages import captions, html, open_page


def open_pieces(content: bytes | None = None, **params: str) -> AppTest:
    """Open the view of pieces, as after an upload of `content`."""
    state = {} if content is None else {f"{piece_views.UPLOAD}/content": content}
    return open_page("similar_music", state=state, **params)


def headline(app: AppTest) -> str:
    return next(text.value for text in app.markdown if text.value.startswith("####"))


def test_it_opens_with_a_piece_and_the_five_nearest_each_to_hear_and_with_its_maps() -> None:
    app = open_pieces()
    assert headline(app).startswith("#### Of the 5 pieces nearest to BWV ") and "of the same kind" in headline(app)
    assert len(app.get("audio")) == 6 and len(app.get("plotly_chart")) == 1
    assert html(app).count("what the network sees") == html(app).count("8 feature maps") >= 6
    shown = [text.value for text in app.markdown if text.value.startswith("**") and "distance" in text.value]
    distances = [float(text.rsplit(" ", 1)[1]) for text in shown]
    assert len(distances) == 5 and distances == sorted(distances)


def test_a_link_names_the_piece_and_only_pieces_that_were_held_out_can_be_chosen() -> None:
    library = cached.library()
    title = library.music.pieces[library.held_out[-1]].title
    app = open_pieces(piece=title)
    assert f"nearest to {title} ({library.music.pieces[library.held_out[-1]].kind})" in headline(app)
    offered = {option.split(": ", 1)[1] for option in app.selectbox[0].options}
    assert offered == {library.music.pieces[index].title for index in library.held_out}


def test_the_nearest_of_an_own_file_are_found() -> None:
    app = open_pieces(saved(tone(rate=44_100), "MP3"))
    assert headline(app).startswith("#### Nearest to your file: ")
    assert len(app.get("audio")) == 6 and not app.warning


@pytest.mark.parametrize("content", [b"no sound", saved(0 * tone()), saved(tone(seconds=1))])
def test_a_file_without_usable_sound_gives_a_sentence_and_the_piece_stays(content: bytes) -> None:
    app = open_pieces(content)
    assert len(app.warning) == 1 and "nearest to BWV" in headline(app)


def test_the_recorded_view_shows_the_records_own_figures() -> None:
    app, record = open_page("similar_music", view="Recorded"), load_recorded(STUDY)
    assert headline(app) == f"#### {record['conclusions'][0]}"
    table = app.table[0].value
    mean = np.mean([row["precision"]["feature maps"] for row in record["rows"]])
    assert float(table["same kind, %"]["feature maps"].strip("*")) == pytest.approx(mean, abs=0.06) and len(table) == 4
    assert record["command"] in captions(app)
