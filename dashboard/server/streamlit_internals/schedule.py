"""When runs of scripts happen, and which fragments they run."""

import inspect
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from functools import wraps
from typing import Any

from dashboard.server.streamlit_internals.guard import unless_changed


@unless_changed(None)
def put_around_runs(
    take_turn: Callable[[str, bool, bool], AbstractContextManager[None]], pause: Callable[[], None]
) -> None:
    """Let every run of a script happen within `take_turn(session, is_fragment, by_timer)`; `pause` before each message.

    Both are called in the run's thread. A fragment that reruns or changes the page goes on in the same thread: that is
    another run, with a turn of its own. Streamlit runs the scripts of all sessions at once, and has no setting for that
    (not requested upstream as far as we know). Later calls do nothing.
    """
    from streamlit.runtime.scriptrunner import ScriptRunContext
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    run, send = ScriptRunner._run_script, ScriptRunner._enqueue_forward_msg
    begin: Any = ScriptRunContext.reset
    if hasattr(run, "take_turn"):
        return
    if "fragment_ids_this_run" not in inspect.signature(begin).parameters:
        raise AttributeError("ScriptRunContext.reset does not say which fragments run")
    here = threading.local()  # `turn`, `by_timer`

    @wraps(run)
    def run_in_turns(self: Any, rerun_data: Any) -> None:
        here.by_timer = rerun_data.is_auto_rerun
        with ExitStack() as here.turn:
            run(self, rerun_data)

    @wraps(begin)
    def begin_in_turn(self: Any, *args: Any, fragment_ids_this_run: Any = None, **more: Any) -> None:
        if (turn := getattr(here, "turn", None)) is not None:  # the server's first run began before this was there
            turn.close()
            turn.enter_context(take_turn(self.session_id, bool(fragment_ids_this_run), here.by_timer))
        begin(self, *args, fragment_ids_this_run=fragment_ids_this_run, **more)

    @wraps(send)
    def send_after_pause(self: Any, message: Any) -> None:
        pause()
        send(self, message)

    setattr(ScriptRunner, "_enqueue_forward_msg", send_after_pause)  # noqa: B010
    setattr(ScriptRunContext, "reset", begin_in_turn)  # noqa: B010
    setattr(run_in_turns, "take_turn", take_turn)  # noqa: B010 (to mypy it is a function)
    setattr(ScriptRunner, "_run_script", run_in_turns)  # noqa: B010


@unless_changed(None)
def let_fragments_answer() -> None:
    """Let requests run the fragments that `answer_by_fragments` has named, while all of these are on the page.

    Streamlit runs the fragment in which the widget is (not requested upstream as far as we know). Later calls do
    nothing.
    """
    from streamlit.errors import StreamlitAPIException
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

    ask, keep = AppSession.request_rerun, ScriptRequests.request_rerun
    if hasattr(keep, "answers"):
        return
    here = threading.local()  # `fragments`, in place of the one that is asked for

    def ask_for_answers(self: Any, client_state: Any) -> None:
        storage, here.fragments = self._fragment_storage, []
        if client_state is not None and (keys := getattr(storage, "answers", {}).get(client_state.fragment_id)):
            with suppress(StreamlitAPIException):  # one of them is not on the page
                here.fragments = storage.resolve_target(keys)
        try:
            ask(self, client_state)
        finally:
            here.fragments = []

    def keep_for_answers(self: Any, wanted: Any) -> bool:
        if wanted.fragment_id and getattr(here, "fragments", ()):
            wanted = replace(wanted, fragment_id=None, fragment_id_queue=here.fragments)
        return keep(self, wanted)

    setattr(keep_for_answers, "answers", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "request_rerun", ask_for_answers)  # noqa: B010
    setattr(ScriptRequests, "request_rerun", keep_for_answers)  # noqa: B010


@unless_changed(None)
def deliver_ends_of_runs() -> None:
    """Let a request for a fragment wait until all messages of a run that has just ended are on their way.

    Streamlit starts the next run at once and drops what it has not yet handled of the one before: on a busy server the
    last elements of a page were missing where a fragment that runs by a timer was due (not reported upstream as far as
    we know). Later calls do nothing.
    """
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

    request = AppSession.request_rerun
    if hasattr(request, "waits"):
        return

    def request_in_order(self: Any, client_state: Any) -> None:
        ended = self._scriptrunner is not None and self._scriptrunner._requests._state == ScriptRequestType.STOP
        if ended and client_state is not None and client_state.fragment_id:
            self._event_loop.call_soon(request, self, client_state)  # after the messages that wait there
        else:
            request(self, client_state)

    setattr(request_in_order, "waits", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "request_rerun", request_in_order)  # noqa: B010
