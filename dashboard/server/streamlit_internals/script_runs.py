"""What a run of a script asks of Streamlit, and lets it do next."""

from collections.abc import Callable
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed


@unless_changed(None)
def _context() -> Any:
    """Return what Streamlit knows of the script's run in this thread; None outside of one."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    return get_script_run_ctx(suppress_warning=True)


@unless_changed(False)
def is_fragment_run() -> bool:
    """Return whether only fragments run now, not the whole page.

    Streamlit has no public way to ask; not requested upstream as far as we know.
    """
    context = _context()
    return context is not None and bool(context.fragment_ids_this_run)


@unless_changed(True)
def is_history_navigation() -> bool:
    """Return whether the browser's Back or Forward started this run; True where that is unknown.

    Streamlit has no public way to ask; not requested upstream as far as we know.
    """
    context = _context()
    return context is not None and bool(context.is_history_navigation)


def get_session_id() -> str:
    """Return Streamlit's id of the tab whose run this is; "" outside of one."""
    return getattr(_context(), "session_id", "")


@unless_changed(None)
def get_run() -> Any:
    """Return what is another object in every run of a page or a fragment; None outside of one.

    Streamlit gives runs no name; it makes new cursors for each.
    """
    context = _context()
    return None if context is None else context.cursors


@unless_changed(False)
def rerun_fragment(key: str) -> bool:
    """Let the fragment with this key run after this run, without the rest of the page; return whether it will.

    `st.rerun(scope=key)` does so only in a callback, which a fragment that runs by a timer has not (not requested
    upstream as far as we know).
    """
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    context: Any = _context()
    wanted = RerunData(
        query_string=context.query_string,
        page_script_hash=context.page_script_hash,
        fragment_id_queue=context.fragment_storage.resolve_target(key),
        cached_message_hashes=context.cached_message_hashes,
        context_info=context.context_info,
    )
    return bool(context.script_requests.request_rerun(wanted))


@unless_changed(None)
def answer_by_fragments(*keys: str) -> None:
    """From now on, let the browser's requests for the fragment that runs now run those with these keys instead of it.

    This holds for all widgets in the fragment. A callback can do so with `st.rerun(keys)`, too, but that is a second
    run, and the browser works on the first as well, which shows nothing. See `let_fragments_answer`.
    """
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    context: Any = _context()
    if context is not None and (fragment := ThreadState.get().fragment_id):
        storage = context.fragment_storage
        storage.answers = {**getattr(storage, "answers", {}), fragment: keys}


@unless_changed(False)
def runs_fragments(*keys: str) -> bool:
    """Return whether the run of this callback is of the fragments with these keys, and of no others."""
    context: Any = _context()
    return set(context.fragment_ids_this_run) == set(context.fragment_storage.resolve_target(keys))


def watch_connection() -> Callable[[], bool]:
    """Return a function that says, in any thread, whether the browser of this run is still connected.

    Streamlit tells nobody when a tab closes (https://github.com/streamlit/streamlit/issues/8545). The function returns
    True where that is unknown.
    """
    session = get_session_id()
    return lambda: _is_connected(session)


@unless_changed(None)
def end_closed_run() -> None:
    """End the script's run in this thread if its tab was closed; do nothing in other threads.

    Streamlit looks for that only when the script draws something, which a long computation does not.
    """
    from streamlit.runtime.scriptrunner import StopException

    session = get_session_id()
    if session and not _is_connected(session):
        raise StopException


@unless_changed(True)
def _is_connected(session: str) -> bool:
    from streamlit import runtime

    return not runtime.exists() or runtime.get_instance().is_active_session(session)
