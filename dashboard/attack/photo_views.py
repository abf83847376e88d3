"""What becomes of an attacked digit outside of the computer: printed and photographed, or seen from elsewhere."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from core.adversarial.photograph import photograph
from core.adversarial.sticker import StickerStep
from core.digits.datasets import Dataset
from core.networks.evaluation import predict_digit
from core.visualization import arrays
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.readings import Reading, draw_answers
from dashboard import address
from dashboard.attack.digit_runs import Take
from dashboard.server.scene import Digit
from dashboard.widgets.readings import WHOLE

SEED = "attack photo"


def show_aftermath(take: Take, data: Dataset) -> None:
    """Show what survives of the last step's picture, stage by stage."""
    if isinstance(take.last, StickerStep):
        _show_elsewhere(take, take.last)
    st.markdown("#### Print it and photograph it: does the noise survive?")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        strength = choose_strength()
        st.button("Another photo", on_click=_count, key="another photo")
    seed = st.session_state.get(SEED, 0)
    assert take.first is not None and take.last is not None
    stages, clean = (list(photograph(step.images, seed=seed, strength=strength)) for step in (take.last, take.first))
    pictures = {"as it is on the screen": take.last.images} | {photo.stage: photo.images for photo in stages}
    items = [_to_item(take, words, images) for words, images in pictures.items()]
    st.html(draw_gallery(items, min_width=118, css_class="ns-photo"))
    st.markdown(_verdict(take, pictures, clean[-1].images, data))


def choose_strength(*, shown: bool = True) -> float:
    """Draw how careless the photo is; return a value from 0 to 2."""
    label = "How careless the photo is"
    return address.slider("careless", label, 0.0, 2.0, 1.0, 0.1, key="attack strength", shown=shown, width=260)


def _count() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1


def _to_item(take: Take, words: str, images: Tensor) -> GalleryItem:
    digit: Digit = images[0, 0].numpy()
    reads = predict_digit(take.networks, digit, WHOLE)
    found = [Reading(take.titles[name], take.colors[name], shares, shares) for name, shares in reads.items()]
    return GalleryItem(arrays.to_gray(digit), words, draw_answers(found, take.classes))


def _verdict(take: Take, pictures: dict[str, Tensor], clean: Tensor, data: Dataset) -> str:
    """Return a sentence about the attacked network: whether it is still fooled, and what it makes of a clean photo."""
    reads = {words: _read(take, images) for words, images in pictures.items()}
    still = {words: _is_fooled(take, read) for words, read in reads.items()}
    title, (first, *_, last) = take.titles[take.asked.names[0]], still
    if not still[first]:
        return f"{title} was not fooled in the first place: there is nothing that could survive."
    lost = [words for words, fooled in still.items() if not fooled]
    how = f"it is no longer fooled when the picture is {lost[0]}" if lost else "it is fooled at every stage"
    again = ", but later again" if lost and still[last] else ""
    return (
        f"**The noise {'survives' if still[last] else 'does not survive'}:** {title} reads "
        f"**{data.classes[reads[last]]}** in the photo; {how}{again}. The same photo of the digit without the noise is "
        f"read as {data.classes[_read(take, clean)]}."
    )


def _read(take: Take, images: Tensor) -> int:
    name = take.asked.names[0]
    return int(predict_digit({name: take.networks[name]}, images[0, 0].numpy(), WHOLE)[name].argmax())


def _is_fooled(take: Take, read: int) -> bool:
    return bool(take.asked.config.is_adversarial(torch.tensor([read]), torch.tensor([take.asked.label])))


def _show_elsewhere(take: Take, step: StickerStep) -> None:
    """Show the sticker shifted, turned and scaled as it was never made for."""
    title, share = take.titles[take.asked.names[0]], 100 * float(step.fooled_share)
    st.markdown(f"#### Seen from elsewhere, the sticker fools {title} in {share:.0f} % of the views")
    views = [_to_item(take, "", images) for images in step.views]
    st.html(draw_gallery(views, min_width=90, css_class="ns-views"))
