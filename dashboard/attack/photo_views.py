"""Whether an attack survives outside the computer: printed and photographed, or seen from elsewhere."""

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
from dashboard.attack.digit_runs import AttackRun
from dashboard.server.scene import Digit
from dashboard.widgets.readings import WHOLE

SEED = "attack photo"  # the key of the photo's seed


def show_photographs(attack: AttackRun, data: Dataset) -> None:
    """Show how the last step's picture is read after each stage of printing and photographing."""
    if isinstance(attack.last, StickerStep):
        _show_sticker_views(attack, attack.last)
    st.markdown("#### Print it and photograph it: does the noise survive?")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        strength = choose_strength()
        st.button("Another photo", on_click=_take_another, key="another photo")
    seed = st.session_state.get(SEED, 0)
    assert attack.first is not None and attack.last is not None
    stages = list(photograph(attack.last.images, seed=seed, strength=strength))
    *_, clean = photograph(attack.first.images, seed=seed, strength=strength)
    pictures = {"on the screen": attack.last.images} | {photo.stage: photo.images for photo in stages}
    items = [_to_item(attack, stage, images) for stage, images in pictures.items()]
    st.html(draw_gallery(items, min_width=118, css_class="ns-photo"))
    st.markdown(_describe(attack, pictures, clean.images, data))


def choose_strength(*, shown: bool = True) -> float:
    """Draw the slider of the photo's distortion; return its strength, 0 to 2."""
    label = "Distortion of the photo"
    return address.slider("careless", label, 0.0, 2.0, 1.0, 0.1, key="attack strength", shown=shown, width=260)


def _take_another() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1


def _to_item(attack: AttackRun, stage: str, images: Tensor) -> GalleryItem:
    digit: Digit = images[0, 0].numpy()
    reads = predict_digit(attack.networks, digit, WHOLE)
    found = [Reading(attack.titles[name], attack.colors[name], shares, shares) for name, shares in reads.items()]
    return GalleryItem(arrays.to_gray(digit), stage, draw_answers(found, attack.classes))


def _describe(attack: AttackRun, pictures: dict[str, Tensor], clean: Tensor, data: Dataset) -> str:
    """Return a sentence: whether the photo still fools the attacked network, and how it reads a clean photo."""
    reads = {stage: _read(attack, images) for stage, images in pictures.items()}
    fooled = {stage: _is_fooled(attack, read) for stage, read in reads.items()}
    title, (first, *_, last) = attack.titles[attack.inputs.names[0]], fooled
    if not fooled[first]:
        return f"{title} was not fooled. The photos show how it reads the attacked digit."
    if _is_fooled(attack, alone := _read(attack, clean)):
        return (
            f"{title} misreads this photo even without the noise: it reads {data.classes[alone]}. So the photo says "
            "nothing about the noise."
        )
    lost = [stage for stage, still in fooled.items() if not still]
    how = f"it is no longer fooled once the photo is *{lost[0]}*" if lost else "it is fooled at every stage"
    again = ", but later it is fooled again" if lost and fooled[last] else ""
    return (
        f"**The noise {'survives' if fooled[last] else 'does not survive'}:** {title} reads "
        f"**{data.classes[reads[last]]}** in the photo; {how}{again}. The same photo of the digit without the noise is "
        f"read as {data.classes[alone]}."
    )


def _read(attack: AttackRun, images: Tensor) -> int:
    name = attack.inputs.names[0]
    return int(predict_digit({name: attack.networks[name]}, images[0, 0].numpy(), WHOLE)[name].argmax())


def _is_fooled(attack: AttackRun, read: int) -> bool:
    return bool(attack.inputs.config.is_adversarial(torch.tensor([read]), torch.tensor([attack.inputs.label])))


def _show_sticker_views(attack: AttackRun, step: StickerStep) -> None:
    """Show the sticker in new views: shifted, turned and scaled, not used to make it."""
    title, share = attack.titles[attack.inputs.names[0]], 100 * float(step.fooled_share)
    st.markdown(f"#### The sticker fools {title} in {share:.0f} % of shifted, turned and scaled views")
    views = [_to_item(attack, "", images) for images in step.views]
    st.html(draw_gallery(views, min_width=90, css_class="ns-views"))
