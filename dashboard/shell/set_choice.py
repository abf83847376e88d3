"""The choice of the data set in the frame of a page, and which networks can read it."""

import streamlit as st

import dashboard
from core.digits.datasets import Dataset, title_of
from core.zoo.fit import choose_readers
from dashboard.address import get_address
from dashboard.address.links import CLASS
from dashboard.server import caches, data_sets
from dashboard.server.caches import Zoo
from dashboard.server.session import get_session
from dashboard.shell.set_fetching import describe_size, fetch
from dashboard.widgets.texts import read_note

KEY, CHOICE, CHANGED = "data set", "data set choice", "data set changed"  # of the popover, its list, a change


@st.fragment
def show_set_choice() -> None:
    """Show the name of the set that the page uses; opened, the others that can be chosen."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()
    if get_address().hides(data_sets.SET, "digit"):
        return
    place = st.popover(
        title_of(data_sets.current_name()), key=KEY, on_change="rerun", icon=":material/dataset:", help="Data set"
    )
    if place.open:
        with place:
            names = data_sets.list_names()
            st.radio(
                "Data set of all pages",
                [*names, *data_sets.list_absent()],
                names.index(data_sets.current_name()),
                key=CHOICE,
                on_change=_choose,
                format_func=lambda name: title_of(name) if name in names else describe_size(name),
            )


def _choose() -> None:
    """Use the set that was chosen, or fetch it; a drawing stays, and the number of the test digit if it exists."""
    name = st.session_state[CHOICE]
    get_session().wanted_data = ""
    (data_sets.choose if name in data_sets.list_names() else fetch)(name)
    for key in (CLASS, "train dataset"):  # the class may not exist there; the form begins with the new set
        st.session_state.pop(key, None)
    st.session_state[KEY], st.session_state[CHANGED] = False, True


def fit_readers(zoo: Zoo, data: Dataset) -> tuple[Zoo, Dataset]:
    """Return the networks for the set, with the set: in the words of the networks, if none knows its classes."""
    found, said = choose_readers(zoo, data)
    return (found, said) if said.labelled else choose_readers(caches.own_networks() or zoo, data)


def show_readers(zoo: Zoo, data: Dataset) -> None:
    """Say in a sentence that networks have learned from another set than the one that is shown."""
    learned = {str(card.dataset["name"]) for card in zoo.values()} - {data.name}
    if data.name == data_sets.default_name() or not learned:
        return
    note = read_note("shell", "Same classes") if data.labelled else read_note("shell", "Other classes")
    with st.container(key="set-notice", horizontal=True, vertical_alignment="center"):
        st.caption(note.format(data.title, " and ".join(sorted(map(title_of, learned)))))
        _link_training(data)


def show_no_readers(data: Dataset) -> None:
    """Say why a view is not shown: it measures answers, and no network knows the classes of the set."""
    st.info(read_note("shell", "No readers").format(data.title))
    _link_training(data)


def _link_training(data: Dataset) -> None:
    st.page_link(dashboard.file_of("train"), label=f"Train on {data.title}")
