"""The view "Similar pieces" of the page "Similar music": a piece or file and the five nearest, to hear and to see."""

from dataclasses import dataclass

import streamlit as st
import torch

from core.music.audio import AudioError
from core.music.library import STAGE, Library
from core.studies.music import NEAREST, STUDY
from core.system.number_format import format_distance
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.music import draw_spectrograms
from dashboard import address
from dashboard.server import caches
from dashboard.similar_music import cached
from dashboard.similar_music.cached import Sound
from dashboard.widgets.charts import show_chart
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.file_upload import upload_file
from dashboard.widgets.texts import show_caption, show_tip

UPLOAD = "similar music upload"  # a key
FILES = ("wav", "mp3", "ogg", "oga", "flac")


@dataclass(frozen=True)
class Chosen:
    """What similar pieces are found for."""

    title: str
    about: str
    kind: str | None
    """None: a file of the visitor's."""
    sound: Sound


def show_pieces() -> None:
    """Draw the choice of a piece or a file, and show the five most similar pieces."""
    library = cached.library()
    left, right = inputs_and_result(400, 780)
    with left:
        show_tip("similar_music", "Similar pieces")
        chosen = _choose(library)
        show_chart(draw_spectrograms(chosen.sound.spectrograms), key="music spectrograms")
        show_caption("similar_music", "Spectrograms")
    with right:
        _show_similar(library, chosen)


def _choose(library: Library) -> Chosen:
    """Draw the list of held-out pieces and the upload; a file is used while it is there."""
    pieces, held_out = library.music.pieces, library.held_out
    titles = {pieces[index].title: index for index in held_out}
    title = address.selectbox(
        "piece", "Piece", list(titles), format_func=lambda one: f"{pieces[titles[one]].kind}: {one}"
    )
    try:
        own = upload_file(
            "Or your own WAV, MP3, OGG or FLAC", key=UPLOAD, read=cached.own_sound, kinds=FILES, large=True
        )
    except AudioError as error:
        st.warning(str(error))
        own = None
    if own is not None:
        return Chosen("Your file", "at most its first 28 seconds", None, own)
    piece = pieces[titles[title]]
    return Chosen(title, f"{piece.kind} · {piece.source}", piece.kind, cached.piece(titles[title]))


def _show_similar(library: Library, chosen: Chosen) -> None:
    """Say how many of the nearest pieces are of the same kind; show them all."""
    found = library.similar(chosen.sound.pictures, NEAREST)
    kinds = [library.music.pieces[index].kind for index, _ in found]
    st.markdown(f"#### {describe(chosen, kinds)}")
    _show_row(library, chosen.title, chosen.about, chosen.sound)
    for number, (index, distance) in enumerate(found, 1):
        piece = library.music.pieces[index]
        about = f"{piece.kind} · {piece.source} · cosine distance {format_distance(distance)}"
        _show_row(library, f"{number}. {piece.title}", about, cached.piece(index))
    show_caption("similar_music", "Similar pieces")
    if record := caches.find_record(STUDY, "MNIST"):
        st.caption(f"Measured on all held-out pieces of ten splits: {record['conclusions'][0]}")


def describe(chosen: Chosen, kinds: list[str]) -> str:
    """Return a sentence: what the nearest pieces are."""
    if chosen.kind is None:
        most = max(dict.fromkeys(kinds), key=kinds.count)
        return f"Nearest to your file: {most} ({kinds.count(most)} of {len(kinds)} pieces)"
    same = kinds.count(chosen.kind)
    are = "is" if same == 1 else "are"
    return f"Of the {len(kinds)} pieces nearest to {chosen.title} ({chosen.kind}), {same} {are} of the same kind"


def _show_row(library: Library, title: str, about: str, sound: Sound) -> None:
    """Show one piece: its name and a player, what the network sees, and its feature maps."""
    words, pictures = st.columns([5, 7], gap="small", vertical_alignment="center")
    with words:
        st.markdown(f"**{title}**  \n{about}")
        st.audio(sound.flac, format="audio/flac")
    with torch.no_grad():
        maps = library.network.activations(sound.pictures)[STAGE].abs().mean(0)
    scaled = (maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-6)).numpy()
    items = [
        GalleryItem(arrays.contact_sheet(list(sound.pictures[:, 0].numpy()), 4), "what the network sees"),
        GalleryItem(arrays.contact_sheet(list(scaled), 8, factor=4), f"its {len(scaled)} feature maps, {STAGE}"),
    ]
    pictures.html(draw_gallery(items, min_width=200, css_class="ns-music"))
