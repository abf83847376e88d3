"""Every use of a private part of Streamlit, and each workaround for one of its faults.

Names of elements in Streamlit's page, which it may change, stand elsewhere, too: in `dashboard/shell/frame.css` and, to
take a file that was refused out of an upload, in `dashboard/components/picture_intake/picture_intake.js`.

All were written for Streamlit 1.67.0. Where a later version has no such part, or one of another form, the function logs
one warning when it is called and does nothing more: pages still work, without what its docstring describes. What it has
put into Streamlit's classes is not guarded again at each of their calls.
"""

import inspect
import logging
import math
import os
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar

from dashboard.server.uploads import Held

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Middleware = Callable[..., Awaitable[None]]

UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/[^/]+$")
"""The path to which a browser sends a file; the group is its session."""
TEXTS = ("markdown", "heading", "alert", "html")
"""The elements with a text, in Streamlit's messages."""
CODE = ("`", "$", "<code")
BEGINNINGS = {"new_session", "session_status_changed", "add_block"}
MAX_HOLD = 0.03  # seconds
PERCENT, SPREAD, NO_BREAK = re.compile(r" %(?<=\d %)"), " ± ", "\N{NO-BREAK SPACE}"


@cache  # one warning for each function and process
def _warn(name: str, reason: str) -> None:
    logging.getLogger(__name__).warning("%s is switched off: this Streamlit is different (%s)", name, reason)


def _unless_changed(
    fallback: Result,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator: where Streamlit lacks what the function uses, warn and return `fallback` instead."""

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            try:
                return function(*args, **kwargs)
            except (ImportError, AttributeError) as error:
                _warn(function.__name__, str(error))
                return fallback

        return guarded

    return decorate


@_unless_changed(None)
def keep_undelivered_messages() -> None:
    """Make a run keep undelivered messages: a run of a fragment all, a run of the page the addresses of an upload.

    Streamlit drops the undelivered messages that the same fragment sent before. The block in which the fragment stands
    is among them, so that later elements have no place: whoever drew while the page was loading got an empty page.
    Upstream introduced this with https://github.com/streamlit/streamlit/pull/9381; the empty page is not reported as
    far as we know.

    When the whole page runs, Streamlit drops the addresses to which the browser may upload a file, too. The browser
    requests them once, so the upload never began if the page ran at that moment. Not reported as far as we know.
    """
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    drop = ForwardMsgQueue.clear
    found = list(inspect.signature(drop).parameters)
    if found != ["self", "retain_lifecycle_msgs", "fragment_ids_this_run"]:
        raise AttributeError(f"ForwardMsgQueue.clear takes {', '.join(found)}")

    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        is_page_run = retain_lifecycle_msgs and fragment_ids_this_run is None
        addresses = [message for message in self._queue if is_page_run and message.HasField("file_urls_response")]
        drop(self, retain_lifecycle_msgs, None if fragment_ids_this_run is None else [])
        self._queue[:0] = [message for message in addresses if message not in self._queue]

    setattr(ForwardMsgQueue, "clear", clear)  # noqa: B010 (to mypy it is a function)


def send_answers_at_once() -> None:
    """Switch off Nagle's algorithm (set TCP_NODELAY) on the sockets that listen for browsers.

    Otherwise an answer waits until the browser has confirmed the one before, up to 40 ms. Streamlit hands its server a
    listening socket for which Python does not do this (https://github.com/Kludex/uvicorn/issues/3149). Connections
    inherit the option from the socket that accepts them. Nothing happens on systems without /dev/fd.
    """
    for number in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():
        with suppress(OSError):  # it is no socket, or was closed meanwhile
            found = socket.socket(fileno=int(number))
            try:
                if _listens(found):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            finally:
                found.detach()  # it stays open


def _listens(found: socket.socket) -> bool:
    """Return whether this is a listening TCP socket."""
    is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
    return is_tcp and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


@_unless_changed(None)
def wait_for_server() -> None:
    """Return once Streamlit's server runs in this process; it does not say so itself."""
    from streamlit import runtime

    while not runtime.exists():
        time.sleep(0.05)


@_unless_changed(None)
def _context() -> Any:
    """Return what Streamlit knows of the script's run in this thread; None outside of one."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    return get_script_run_ctx(suppress_warning=True)


@_unless_changed(False)
def is_fragment_run() -> bool:
    """Return whether only fragments run now, not the whole page.

    Streamlit has no public way to ask; not requested upstream as far as we know.
    """
    context = _context()
    return context is not None and bool(context.fragment_ids_this_run)


@_unless_changed(True)
def is_history_navigation() -> bool:
    """Return whether the browser's Back or Forward started this run; True where that is unknown.

    Streamlit has no public way to ask; not requested upstream as far as we know.
    """
    context = _context()
    return context is not None and bool(context.is_history_navigation)


def get_session_id() -> str:
    """Return Streamlit's id of the tab whose run this is; "" outside of one."""
    return getattr(_context(), "session_id", "")


@_unless_changed(None)
def get_run() -> Any:
    """Return what is another object in every run of a page or a fragment; None outside of one.

    Streamlit gives runs no name; it makes new cursors for each.
    """
    context = _context()
    return None if context is None else context.cursors


@_unless_changed(False)
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


@_unless_changed(None)
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


@_unless_changed(False)
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


@_unless_changed(None)
def put_before_server(gate: Middleware) -> None:
    """Give what the running server is asked to `gate(serve, scope, receive, send)`, which may pass it on to `serve`.

    `st.App` takes middleware, but its script must then be another file than the one that is run, and AppTest does not
    know it (https://docs.streamlit.io/develop/api-reference/configuration/st.app). Later calls do nothing.
    """
    from starlette.applications import Starlette

    serve = Starlette.__call__
    if hasattr(serve, "gate"):
        return

    async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
        await gate(partial(serve, self), scope, receive, send)

    setattr(call, "gate", gate)  # noqa: B010 (to mypy it is a function)
    setattr(Starlette, "__call__", call)  # noqa: B010


@_unless_changed(None)
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


@_unless_changed(None)
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


@_unless_changed(None)
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


@_unless_changed(None)
def send_beginnings_with_elements() -> None:
    """Keep what a fragment's run sends before its first element until that is there, for MAX_HOLD at most.

    Streamlit sends at once that a run has begun, and the browser works on that for 10 to 20 ms, in which the answer
    waits (not reported upstream as far as we know). Later calls do nothing.
    """
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.proto.NewSession_pb2 import NewSession
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

    flush = AppSession.flush_browser_queue
    if hasattr(flush, "holds"):
        return
    probe = ForwardMsg(new_session=NewSession())
    probe.metadata.run.fragment_ids.append("")
    _find_beginning([probe, *ForwardMsgQueue()._queue])  # AttributeError here, not in the server's loop

    def release(self: Any) -> None:
        if self.holds_beginning:
            self.holds_beginning = False
            self._message_enqueued_callback()

    def flush_together(self: Any) -> Any:
        queue, holds = self._browser_queue, getattr(self, "holds_beginning", None)
        if queue.is_empty():
            return []
        begun = _find_beginning(queue._queue)
        if begun is None or holds is False:  # it was held for long enough
            self.holds_beginning = None
            return flush(self)
        if holds is None:
            self.holds_beginning = True
            self._event_loop.call_later(MAX_HOLD, release, self)
        held = queue._queue[begun:]
        del queue._queue[begun:]
        sent, queue._queue = flush(self), held
        return sent

    setattr(flush_together, "holds", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "flush_browser_queue", flush_together)  # noqa: B010


def _find_beginning(messages: Any) -> int | None:
    """Return the place of the last run's first message if it is a fragment's and no element has followed; else None."""
    places = (place for place in reversed(range(len(messages))) if messages[place].WhichOneof("type") == "new_session")
    if (begun := next(places, None)) is None or not messages[begun].metadata.run.fragment_ids:
        return None
    kinds = {message.delta.WhichOneof("type") or message.WhichOneof("type") for message in messages[begun:]}
    return begun if kinds <= BEGINNINGS else None


@_unless_changed(None)
def keep_units_beside_numbers() -> None:
    """Put a no-break space between a number and "%", and around "±", in Markdown, headings, alerts and HTML.

    A browser breaks lines there, and CSS has no rule against it. Later calls do nothing.
    """
    from streamlit.runtime.app_session import AppSession

    send = AppSession._enqueue_forward_msg
    if hasattr(send, "joins"):
        return

    def send_joined(self: Any, message: Any) -> None:
        if message.WhichOneof("type") == "delta":
            join_units(message.delta)
        send(self, message)

    setattr(send_joined, "joins", True)  # noqa: B010 (to mypy it is a function)
    setattr(AppSession, "_enqueue_forward_msg", send_joined)  # noqa: B010


@_unless_changed(None)
def describe_themes_once() -> None:
    """Read what a run's first message says of the themes from the configuration once, not six times in every run.

    That took an eighth of the time of a stroke's end (not reported upstream as far as we know). A theme that is changed
    in `config.toml` while the server runs is seen after a restart. Later calls do nothing.
    """
    from streamlit.runtime import app_session

    describe = app_session._populate_theme_msg
    if hasattr(describe, "kept"):
        return
    kept: dict[str, bytes] = {}

    def describe_once(msg: Any, section: str = "theme") -> None:
        if section not in kept:
            describe(msg, section)
            kept[section] = msg.SerializeToString()
        elif kept[section]:
            msg.MergeFromString(kept[section])

    setattr(describe_once, "kept", kept)  # noqa: B010 (to mypy it is a function)
    setattr(app_session, "_populate_theme_msg", describe_once)  # noqa: B010


@_unless_changed(None)
def name_arguments_once() -> None:
    """Let caches look up the name of a function's argument once, not at each call (not reported upstream)."""
    from streamlit.runtime.caching import cache_utils

    find = cache_utils._get_positional_arg_name
    if not hasattr(find, "cache_info"):
        setattr(cache_utils, "_get_positional_arg_name", cache(find))  # noqa: B010


def join_units(delta: Any) -> None:
    """Put the no-break spaces into the text of an element, if this delta has one; not into code or formulas."""
    kind = delta.new_element.WhichOneof("type") if delta.WhichOneof("type") == "new_element" else None
    if kind not in TEXTS:
        return
    text: Any = getattr(delta.new_element, kind)
    body = getattr(text, "body", "")
    joined = PERCENT.sub(f"{NO_BREAK}%", body).replace(SPREAD, SPREAD.replace(" ", NO_BREAK))
    if joined != body and not any(sign in body for sign in CODE):
        text.body = joined


@_unless_changed("")
def upload_cookie() -> str:
    """Return the name of the cookie without which the server refuses uploads; "" if it needs none."""
    from streamlit import get_option
    from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

    return XSRF_COOKIE_NAME if get_option("server.enableXsrfProtection") else ""


@_unless_changed(dict[str, Held]())
def list_uploaded_files() -> dict[str, Held]:
    """Return the uploaded files of each session, also of those whose tab is closed: they are kept for a while.

    Call it in the server's loop, which alone adds files.
    """
    from streamlit import runtime

    server: Any = runtime.get_instance()
    stored = server.uploaded_file_mgr.file_storage
    clients = {info.session.id: info.client for info in server._session_mgr.list_active_sessions()}
    return {
        session: Held(
            clients[session].client_context.remote_ip or "" if session in clients else None,
            {name: len(file.data) for name, file in list(stored.get(session, {}).items())},
        )
        for session in {**clients, **stored}
    }


@_unless_changed(None)
def remove_uploaded_file(session: str, file: str) -> None:
    """Forget an uploaded file: its widget shows it no more at the next run."""
    from streamlit import runtime

    manager: Any = runtime.get_instance().uploaded_file_mgr
    manager.remove_file(session, file)


@_unless_changed(False)
def is_removed_file(file: Any) -> bool:
    """Say whether an upload's file, as `st.session_state` has it, is no longer on the server.

    Streamlit has no public name for such a file; not requested upstream as far as we know.
    """
    from streamlit.runtime.uploaded_file_manager import DeletedFile

    return isinstance(file, DeletedFile)


@_unless_changed(None)
def forget_closed_sessions() -> None:
    """Drop the sessions whose time to come back is over, and the uploaded files of all that are gone.

    Streamlit drops such a session, and with it its memory, only when another one comes or goes.
    """
    from streamlit import runtime

    if not runtime.exists():
        return
    server: Any = runtime.get_instance()
    manager, sessions = server.uploaded_file_mgr, server._session_mgr

    def forget() -> None:
        len(sessions._session_storage._cache)  # of cachetools: counting drops what has expired
        known = {info.session.id for info in sessions.list_sessions()}
        for session in set(manager.file_storage) - known:
            manager.remove_session_files(session)

    server._get_async_objs().eventloop.call_soon_threadsafe(forget)


@_unless_changed(None)
def end_closed_run() -> None:
    """End the script's run in this thread if its tab was closed; do nothing in other threads.

    Streamlit looks for that only when the script draws something, which a long computation does not.
    """
    from streamlit.runtime.scriptrunner import StopException

    session = get_session_id()
    if session and not _is_connected(session):
        raise StopException


@_unless_changed(None)
def ignore_forged_values() -> None:
    """Give a widget its default instead of a value that its browser code cannot have sent.

    Streamlit trusts the browser: a value of another type ends in an exception of its own, and a text that is no option
    is returned as it came (not reported upstream as far as we know). Later calls do nothing.
    """
    from streamlit.runtime.state.session_state import Serialized, Value, WStates

    read = WStates.__getitem__
    if hasattr(read, "checks"):
        return

    def checked(self: Any, name: str) -> Any:
        state, metadata = self.states.get(name), self.widget_metadata.get(name)
        if metadata is None or not isinstance(state, Serialized):
            return read(self, name)
        try:
            if _is_offered(state.value, metadata):
                return read(self, name)
        except Exception:
            logging.getLogger(__name__).info("a widget was sent a value that cannot be read")
        self.states[name] = Value(metadata.deserializer(None))
        return self.states[name].value

    setattr(checked, "checks", True)  # noqa: B010 (to mypy it is a function)
    setattr(WStates, "__getitem__", checked)  # noqa: B010


@_unless_changed(None)
def read_widgets_at_once() -> None:
    """Let a run go through a copy of the names of its session's widgets.

    Streamlit goes through the names themselves, and a run that was stopped and ends in another thread may add one
    meanwhile: "dictionary changed size during iteration" (not reported upstream as far as we know).
    """
    from streamlit.runtime.state.session_state import WStates

    def names(self: Any) -> Iterator[str]:
        return iter(tuple(self.states))

    setattr(WStates, "__iter__", names)  # noqa: B010


def _is_offered(sent: Any, metadata: Any) -> bool:
    """Return whether a value has the widget's type, is finite, and is an option where it must be one."""
    kind, options = sent.WhichOneof("value"), metadata.formatted_options
    if kind == "int_value" and metadata.value_type == "double_value":
        return True  # a field for whole numbers says that it sends a double, and sends an integer
    if kind != metadata.value_type:
        return False
    if kind == "double_value":
        return math.isfinite(sent.double_value)
    return kind != "string_value" or options is None or sent.string_value in options


@_unless_changed(True)
def _is_connected(session: str) -> bool:
    from streamlit import runtime

    return not runtime.exists() or runtime.get_instance().is_active_session(session)
