"""The views "The algebra" and "Freezing": inverted heads as ordinary heads, and filters before and after training."""

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from core.digits.datasets import Dataset
from core.inversion.algebra import RewrittenUnit, response_curve, rewrite_unit
from core.inversion.functions import INVERSIONS, Invert, features_hash, to_ordinary
from core.inversion.summed_heads import compute_logits
from core.networks.classifier import Classifier
from core.pmnist.masks import erase
from core.system.checkpoint_files import CheckpointError
from core.system.number_format import with_minus
from core.visualization.formulas import draw_formulas
from core.visualization.gallery import GalleryItem, draw_gallery
from core.visualization.inversion import draw_inversion_curve, draw_logits
from core.visualization.network_colors import color_of
from core.visualization.signed_colors import draw_signed_sheet
from core.zoo.recipes import RECIPES
from dashboard import address
from dashboard.missing_features.idea_views import NAME
from dashboard.missing_features.variant_views import is_variant
from dashboard.server import caches
from dashboard.server.caches import Zoo
from dashboard.server.scene import Digit, Mask
from dashboard.server.session import Session
from dashboard.widgets.columns import inputs_and_result
from dashboard.widgets.data_set import name_drawing
from dashboard.widgets.readings import networks_or_warn
from dashboard.widgets.scene import choose_scene
from dashboard.widgets.tables import show_accuracies
from dashboard.widgets.texts import read_note, show_caption, show_tip

COMPARED = 1000  # test digits
NONLINEAR_EFFECTS = {  # by inversion
    "clamped complement": read_note("missing_features", "clamped complement"),
    "maximum complement": read_note("missing_features", "maximum complement"),
    "share complement": read_note("missing_features", "share complement"),
}
FROZEN = {"standard": "before", NAME: "after, frozen", "missing-unfrozen": "after, not frozen"}


def show_algebra(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show how an inverted head is rewritten as an equal ordinary head, and which inversions cannot be rewritten."""
    names = [name for name in RECIPES if name in zoo and is_variant(zoo[name], RECIPES[name].architecture)]
    inverted = [name for name in names if zoo[name].inversion != "identity"]
    affine = [name for name in inverted if INVERSIONS[zoo[name].inversion].same_function_class]
    left, right = inputs_and_result(330, 720)
    with left:
        show_tip("missing_features", "The algebra")
        scene = choose_scene(session, data)
    with right:
        if not affine:
            st.info("None of the inverted networks is on this computer.")
            return
        formulas = {one: f"{zoo[one].title} ({with_minus(INVERSIONS[zoo[one].inversion].formula)})" for one in affine}
        name = address.selectbox(
            "network",
            "An inverted network",
            affine,
            NAME if NAME in affine else affine[0],
            key="affine",
            group="networks",
            format_func=formulas.__getitem__,
        )
        if scene is not None:
            _show_rewriting(name, data, *scene)
    if scene is not None:
        _show_nonlinear(data, zoo, *scene)


def _show_rewriting(name: str, data: Dataset, digit: Digit, mask: Mask) -> None:
    try:
        network = caches.classifier(name, data.name)
    except CheckpointError as error:
        st.warning(str(error))
        return
    image = erase(torch.from_numpy(digit)[None, None], torch.from_numpy(mask))
    found = rewrite_unit(network, image[0])
    sentence = st.empty()
    thing = name_drawing(data)
    st.markdown(f"Hidden unit {found.unit} of the head responds most to this {thing}. Its three largest terms:")
    st.html(draw_formulas([(with_minus(title), with_minus(formula)) for title, formula in write_steps(found)]))
    rows = {"inverted head": network, "ordinary head": to_ordinary(network)}
    st.html(draw_logits({title: compute_logits(one, image)[0].numpy() for title, one in rows.items()}, data.classes))
    count = min(COMPARED, len(data.test))
    with st.spinner(f"Reading {count:,} test {thing}s with both ..."):
        most = caches.largest_difference(name, count, data.name)
    sentence.markdown(
        f"**The inverted head and an ordinary head compute the same function**: over the first {count:,} test "
        f"{thing}s of {data.title} no logit differs by more than **{most:.6f}**, which is rounding."
    )


def write_steps(found: RewrittenUnit) -> list[tuple[str, str]]:
    """Return titles and formulas with this unit's numbers: the inverted sum, multiplied out, and with new weights."""
    terms = list(zip(found.features[found.shown].tolist(), found.weights[found.shown].tolist(), strict=True))
    more, bias, new_bias = len(found.features) - len(terms), found.bias, found.ordinary_bias
    inverted = " + ".join(f"({weight:.3f})·({_formula(found, value)})" for value, weight in terms)
    plain = " + ".join(f"({found.scale * weight:.3f})·{value:.3f}" for value, weight in terms)
    total = float(found.weights.sum())
    constant = f"b' = b + c·(sum of all w) = {bias:.3f} + {found.shift:g}·({total:.3f}) = {new_bias:.3f}"
    same = f"Multiply out (a = {found.scale:g}, c = {found.shift:g}): w' = a·w, and one constant"
    first = f"{inverted} + {more} more + ({bias:.3f}) = {found.inverted:.4f}"
    last = f"{plain} + {more} more + ({new_bias:.3f}) = {found.ordinary:.4f}"
    heading = f"The inverted head: w·({found.formula}) + b"
    return [(heading, first), (same, constant), ("An ordinary head: w'·x + b'", last)]


def _formula(found: RewrittenUnit, value: float) -> str:
    return f"{found.shift:g} − {value:.3f}" if found.shift else f"−{value:.3f}"


def _show_nonlinear(data: Dataset, zoo: Zoo, digit: Digit, mask: Mask) -> None:
    """Show the inversions that no ordinary head can replace, and the reason at this digit."""
    names = [name for name in RECIPES if name in zoo and zoo[name].inversion in NONLINEAR_EFFECTS]
    st.markdown("#### Inversions that no ordinary head can compute")
    networks = {name: one.classifier for name, one in networks_or_warn(names, data).items()}
    for place, (name, network) in zip(st.columns(max(2, len(networks))), networks.items(), strict=False):
        with place:
            inputs, outputs = response_curve("relu", zoo[name].inversion)
            curve = draw_inversion_curve(inputs.numpy(), outputs.numpy(), color=color_of(name))
            st.html(f'<img src="{curve}" alt="its curve" style="height:108px">')
            effect = _describe_effect(network, digit, mask)
            st.markdown(f"**{zoo[name].title}.** {_why_not_ordinary(network)} {effect}")
    if not names:
        st.info("None of them is on this computer.")


def _why_not_ordinary(network: Classifier) -> str:
    """Return the reason why the network has no equal ordinary head."""
    try:
        to_ordinary(network)
    except ValueError as error:
        return str(error)
    return ""


def _describe_effect(network: Classifier, digit: Digit, mask: Mask) -> str:
    """Return what the inversion does to this digit's features and no affine function a·x + c could do."""
    with torch.no_grad():
        features = network.features(erase(torch.from_numpy(digit)[None, None], torch.from_numpy(mask)))[0]
    effect = NONLINEAR_EFFECTS[network.inversion.name] if isinstance(network.inversion, Invert) else ""
    return effect.format(above=int((features > 1).sum()), all=len(features), most=float(features.max()))


def show_freezing(session: Session, data: Dataset, zoo: Zoo) -> None:
    """Show the filters before a new head is trained and after it, with frozen and with trained convolutions."""
    show_tip("missing_features", "Freezing")
    found = networks_or_warn([name for name in FROZEN if name in zoo], data)
    networks = {name: one.classifier for name, one in found.items()}
    layer = address.segmented_control(
        "filters",
        "Filters",
        ["first layer", "second layer, first input", "second layer, all inputs"],
        key="filters",
    )
    filters = {name: filters_of(network, layer) for name, network in networks.items()}
    limit = max((float(np.abs(values).max()) for values in filters.values()), default=1.0)
    if "standard" not in filters:
        st.info(read_note("missing_features", "No standard network"))
        return
    st.markdown(f"**{describe_changes(filters)}**")
    _show_filters(filters, layer, limit, zoo)
    st.caption(f"Blue is positive, red negative, black zero; one scale for all networks, up to ±{limit:.2f}.")
    _show_hashes(networks, zoo)


def _show_filters(filters: dict[str, NDArray[np.float32]], layer: str, limit: float, zoo: Zoo) -> None:
    """Show every network's filters on one scale, and their change where the convolutions were trained."""
    columns, factor = (5, 12) if layer == "first layer" else (10, 6) if "first" in layer else (40, 3)
    items = [
        GalleryItem(
            draw_signed_sheet(values, columns, limit=limit, factor=factor), f"{zoo[name].title}: {FROZEN[name]}"
        )
        for name, values in filters.items()
    ]
    if "missing-unfrozen" in filters:
        change = filters["missing-unfrozen"] - filters["standard"]
        most = max(float(np.abs(change).max()), 1e-9)
        caption = f"not frozen − before, drawn {limit / most:.0f} times as strong" if change.any() else "no difference"
        items.append(GalleryItem(draw_signed_sheet(change, columns, limit=most, factor=factor), caption))
    st.html(draw_gallery(items, min_width=480 if columns == 40 else 150, css_class="ns-filters"))


def filters_of(network: Classifier, layer: str) -> NDArray[np.float32]:
    """Return the filters of a layer (an option of the view "Freezing") as squares `(N, k, k)`."""
    convolution = network.features.get_submodule("conv1" if layer == "first layer" else "conv2")
    weights = convolution.get_parameter("weight").numpy()
    chosen = weights if "all" in layer else weights[:, :1]
    side = weights.shape[-1]
    return np.ascontiguousarray(chosen).reshape(-1, side, side)


def describe_changes(filters: dict[str, NDArray[np.float32]]) -> str:
    """Return a sentence for each network: how much its filters changed when its head was trained."""
    changed = {name: np.abs(values - filters["standard"]) for name, values in filters.items() if name != "standard"}
    return " ".join(
        f"{FROZEN[name].removeprefix('after, ').capitalize()}: {_describe_change(change, filters['standard'])}"
        for name, change in changed.items()
    )


def _describe_change(change: NDArray[np.float32], before: NDArray[np.float32]) -> str:
    if not change.any():
        return "no weight has changed."
    share = 100 * float(np.linalg.norm(change) / np.linalg.norm(before))
    return f"the weights changed by {share:.0f} % of their length (L2), one weight by up to {float(change.max()):.2f}."


def _show_hashes(networks: dict[str, Classifier], zoo: Zoo) -> None:
    """Show that frozen features are the same bit by bit, by their hashes, and the accuracy of each network."""
    hashes = {name: features_hash(network) for name, network in networks.items()}
    verdicts = {True: "**identical**", False: "**changed**"}
    lines = [
        f"`{one[:16]}…` {zoo[name].title}" + (f": {verdicts[one == hashes['standard']]}" if name != "standard" else "")
        for name, one in hashes.items()
    ]
    st.markdown("Fingerprints (SHA-256) of all weights and biases of the convolutions:  \n" + "  \n".join(lines))
    show_accuracies({name: zoo[name].accuracies() for name in networks}, zoo)
    show_caption("missing_features", "Freezing")
