"""The workarounds for faults of Streamlit: each does what it promises, or is switched off with a warning."""

import asyncio
import inspect
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import runtime
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig, NewSession
from streamlit.runtime import app_session, forward_msg_queue, scriptrunner
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.caching import cache_utils
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import ScriptRunContext
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.testing.v1 import AppTest

from dashboard.server.streamlit_internals import (
    guard,
    schedule,
    script_runs,
    sent_messages,
    spared_work,
    web_server,
    widget_values,
)
from tests.visitor import run


@pytest.fixture(autouse=True)
def warned_anew() -> Iterator[None]:
    """Each function warns once in a process."""
    guard._warn.cache_clear()
    yield
    guard._warn.cache_clear()


def test_answers_do_not_wait_for_the_confirmation_of_the_one_before() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as other:
        assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        web_server.send_answers_at_once()
        with socket.create_connection(server.getsockname()), server.accept()[0], server.accept()[0] as answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert not other.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # only sockets that listen are changed


def test_a_number_and_its_unit_stay_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(AppSession, "_enqueue_forward_msg", lambda self, message: sent.append(message))
    sent_messages.keep_units_beside_numbers()
    sent_messages.keep_units_beside_numbers()
    for kind in ("markdown", "heading", "alert", "html"):
        message = ForwardMsg()
        getattr(message.delta.new_element, kind).body = "Accuracy, %: 95.4 ± 0.1 % of them, 100 % of 5."
        AppSession._enqueue_forward_msg(None, message)  # type: ignore[arg-type]
        body = getattr(sent.pop().delta.new_element, kind).body
        assert body == "Accuracy, %: 95.4\xa0±\xa00.1\xa0% of them, 100\xa0% of 5."
    code = ForwardMsg(delta={"new_element": {"markdown": {"body": "`core train --share 10 % 3`"}}})
    for other in (code, ForwardMsg(script_finished=0), ForwardMsg(delta={"add_block": {}})):
        before = other.SerializeToString()
        AppSession._enqueue_forward_msg(None, other)  # type: ignore[arg-type]
        assert sent.pop().SerializeToString() == before


def test_the_themes_are_read_from_the_configuration_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def describe(message: CustomThemeConfig, section: str = "theme") -> None:
        asked.append(section)
        if section != "theme.dark":  # of which nothing is configured
            message.primary_color = section

    monkeypatch.setattr(app_session, "_populate_theme_msg", describe)
    spared_work.describe_themes_once()
    spared_work.describe_themes_once()
    told = []
    for _ in range(3):
        message = CustomThemeConfig()
        app_session._populate_theme_msg(message)
        app_session._populate_theme_msg(message.light, "theme.light")
        app_session._populate_theme_msg(message.dark, "theme.dark")
        told.append(message)
    assert asked == ["theme", "theme.light", "theme.dark"]
    assert told == 3 * [CustomThemeConfig(primary_color="theme", light={"primary_color": "theme.light"})]


def test_a_cache_looks_up_the_name_of_an_argument_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(cache_utils, "_get_positional_arg_name", lambda function, index: asked.append(index) or "digit")
    spared_work.name_arguments_once()
    spared_work.name_arguments_once()
    for index in (0, 1, 0):
        assert cache_utils._get_positional_arg_name(print, index) == "digit"
    assert asked == [0, 1]


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session whose queue is flushed with the beginning of a run held back, and has an earlier message."""
    monkeypatch.setattr(AppSession, "flush_browser_queue", lambda self: self._browser_queue.flush())
    sent_messages.send_beginnings_with_elements()
    sent_messages.send_beginnings_with_elements()
    timers: list[Any] = []
    loop = SimpleNamespace(call_later=lambda *timer: timers.append(timer), timers=timers)
    session = SimpleNamespace(_browser_queue=ForwardMsgQueue(), _event_loop=loop, woken=0)
    session._message_enqueued_callback = lambda: setattr(session, "woken", session.woken + 1)
    session._browser_queue.enqueue(ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    return session


def begin(session: Any, *fragments: str) -> list[ForwardMsg]:
    """Enqueue what a run sends first: that it has begun, its state and its block."""
    begun = ForwardMsg(new_session=NewSession(), metadata={"run": {"fragment_ids": fragments}})
    block = ForwardMsg(delta={"add_block": {}}, metadata={"delta_path": [0, 1]})
    messages = [begun, ForwardMsg(session_status_changed={"script_is_running": True}), block]
    for message in messages:
        session._browser_queue.enqueue(message)
    return messages


def test_the_beginning_of_a_fragments_run_waits_for_its_first_element(holding: Any) -> None:
    flush: Any = AppSession.flush_browser_queue
    messages = begin(holding, "answer")
    assert [message.WhichOneof("type") for message in flush(holding)] == ["script_finished"]
    assert flush(holding) == [] and len(holding._event_loop.timers) == 1
    element = ForwardMsg(delta={"new_element": {"html": {"body": "7"}}}, metadata={"delta_path": [0, 1, 0]})
    holding._browser_queue.enqueue(element)
    assert flush(holding) == [*messages, element]
    ((_, release, session),) = holding._event_loop.timers
    release(session)  # nothing is held any more
    assert flush(holding) == [] and not holding.woken


def test_the_beginning_of_a_fragments_run_does_not_wait_for_long(holding: Any) -> None:
    flush: Any = AppSession.flush_browser_queue
    messages = begin(holding, "answer")
    assert len(flush(holding)) == 1 and flush(holding) == []
    ((seconds, release, session),) = holding._event_loop.timers
    release(session)
    assert seconds == sent_messages.MAX_HOLD and holding.woken == 1
    assert flush(holding) == messages


def test_the_beginning_of_a_pages_run_is_sent_at_once(holding: Any) -> None:
    messages = begin(holding)
    flush: Any = AppSession.flush_browser_queue
    assert flush(holding)[1:] == messages and not holding._event_loop.timers


def test_a_fragments_run_drops_no_undelivered_message_and_a_whole_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # put back afterwards
    sent_messages.keep_undelivered_messages()
    queue = ForwardMsgQueue()
    for fragment in ("a", "b", ""):
        message = ForwardMsg()
        message.delta.add_block.SetInParent()
        message.delta.fragment_id = fragment
        message.metadata.delta_path.extend([0, len(queue)])
        queue.enqueue(message)
    finished = ForwardMsg(script_finished="FINISHED_FRAGMENT_RUN_SUCCESSFULLY")
    queue.enqueue(finished)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["a"])
    *blocks, end = queue.flush()
    assert [list(block.metadata.delta_path) for block in blocks] == [[0, 0], [0, 1], [0, 2]]
    assert end.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY  # then the browser removes what is old
    queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()


def test_a_fragments_request_waits_for_the_messages_of_a_run_that_has_just_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda self, state: order.append(state.fragment_id or "page"))
    schedule.deliver_ends_of_runs()

    async def request() -> None:
        requests = ScriptRequests()
        runner = SimpleNamespace(_requests=requests)
        session: Any = SimpleNamespace(_scriptrunner=runner, _event_loop=asyncio.get_running_loop())
        asyncio.get_running_loop().call_soon(order.append, "the last message")
        AppSession.request_rerun(session, ClientState(fragment_id="of a run that goes on"))
        requests.on_scriptrunner_ready()  # nothing is left to run: it ends
        AppSession.request_rerun(session, ClientState(fragment_id="later"))
        AppSession.request_rerun(session, ClientState())
        await asyncio.sleep(0)

    run(request())
    assert order == ["of a run that goes on", "page", "the last message", "later"]


def test_a_whole_run_keeps_the_addresses_that_the_browser_requested_for_its_upload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # put back afterwards
    sent_messages.keep_undelivered_messages()
    queue, answer = ForwardMsgQueue(), ForwardMsg()
    answer.file_urls_response.response_id = "mine"
    queue.enqueue(answer)
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.flush() == [answer]
    assert queue.is_empty()


Turns = list[tuple[bool, bool, str]]


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Return what happens around runs from now on: whether they have a session and are of a fragment, and what."""

    @contextmanager
    def take_turn(session: str, is_fragment: bool, by_timer: bool) -> Iterator[None]:
        taken.append((bool(session), is_fragment, "begins"))
        yield
        taken.append((bool(session), is_fragment, "ends"))

    taken: Turns = []
    for owner, name in (
        (ScriptRunner, "_run_script"),
        (ScriptRunner, "_enqueue_forward_msg"),
        (ScriptRunContext, "reset"),
    ):
        monkeypatch.setattr(owner, name, inspect.unwrap(getattr(owner, name)))
    for _ in range(2):  # the second call does nothing more
        schedule.put_around_runs(take_turn, lambda: taken.append((True, False, "pauses")))
    return taken


def test_every_run_takes_its_turn_and_may_pause_before_each_message(turns: Turns) -> None:
    AppTest.from_string("import streamlit as st; st.text(1)").run()
    assert turns[0] == (True, False, "begins")
    assert turns[-1] == (True, False, "ends")
    assert (True, False, "pauses") in turns


def test_a_run_that_goes_on_with_the_page_takes_a_turn_of_its_own(turns: Turns) -> None:
    def script() -> None:
        import streamlit as st

        if "seen" not in st.session_state:
            st.session_state["seen"] = True
            st.rerun()

    AppTest.from_function(script).run()
    assert [what for _, _, what in turns if what != "pauses"] == ["begins", "ends"] * 2


def test_another_queue_is_left_alone(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class Queue:
        def clear(self, everything: bool) -> None: ...

    clear = Queue.clear
    monkeypatch.setattr(forward_msg_queue, "ForwardMsgQueue", Queue)
    with caplog.at_level(logging.WARNING):
        sent_messages.keep_undelivered_messages()
        monkeypatch.delattr(forward_msg_queue, "ForwardMsgQueue")
        sent_messages.keep_undelivered_messages()
    assert Queue.clear is clear
    assert all("keep_undelivered_messages is switched off" in record.message for record in caplog.records)
    assert len(caplog.records) == 2


class Context:
    """What Streamlit knows of a run."""

    session_id = "of a closed tab"

    def __init__(self, fragments: list[str], *, history: bool) -> None:
        self.fragment_ids_this_run, self.is_history_navigation = fragments, history


@pytest.mark.parametrize(("fragments", "history"), [([], False), (["a"], False), ([], True)])
def test_a_run_says_what_started_it(monkeypatch: pytest.MonkeyPatch, fragments: list[str], history: bool) -> None:
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda **_: Context(fragments, history=history))
    assert script_runs.is_fragment_run() == bool(fragments)
    assert script_runs.is_history_navigation() == history


def test_the_context_of_a_run_is_as_expected() -> None:
    def script() -> None:
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        context = get_script_run_ctx()
        assert context is not None and context.session_id
        assert not context.fragment_ids_this_run and context.is_history_navigation is False

    app = AppTest.from_function(script).run()
    assert not app.exception, app.exception


def test_a_context_without_these_parts_costs_one_warning_each(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda **_: object())
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert not script_runs.is_fragment_run()
            assert script_runs.is_history_navigation()
    assert [record.message.split()[0] for record in caplog.records] == ["is_fragment_run", "is_history_navigation"]


def test_a_run_ends_when_its_visitor_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda **_: Context([], history=False))
    assert script_runs.watch_connection()()  # no server: a test

    class Runtime:
        def is_active_session(self, session_id: str) -> bool:
            return session_id != "of a closed tab"

    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", Runtime)
    is_connected = script_runs.watch_connection()
    assert not is_connected()
    with pytest.raises(scriptrunner.StopException):
        script_runs.end_closed_run()
    monkeypatch.delattr(Runtime, "is_active_session")
    assert is_connected()  # unknown
    script_runs.end_closed_run()
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda **_: None)
    script_runs.end_closed_run()  # a thread that belongs to no tab


def test_these_parts_of_streamlit_are_there() -> None:
    """Otherwise a new version would switch a workaround off, and only a log would say so."""
    assert callable(runtime.Runtime.is_active_session) and runtime.get_instance and runtime.exists


def test_every_run_is_told_from_the_one_before() -> None:
    def script() -> None:
        import streamlit as st

        from dashboard.server.streamlit_internals.script_runs import get_run

        st.session_state.setdefault("runs", []).append(get_run())
        st.button("again")
        assert get_run() is st.session_state["runs"][-1]

    app = AppTest.from_function(script, default_timeout=60).run()
    app.button[0].click().run()
    first, second = app.session_state["runs"]
    assert first is not None and first is not second and script_runs.get_run() is None


def test_widgets_that_another_thread_adds_do_not_stop_who_goes_through_them() -> None:
    from streamlit.runtime.state.session_state import WStates

    widget_values.read_widgets_at_once()
    widgets = WStates()
    for number in range(3):
        widgets.set_from_value(f"widget {number}", number)
    seen = []
    for name in widgets:
        widgets.set_from_value(f"{name}, added meanwhile", 0)
        seen.append(name)
    assert seen == ["widget 0", "widget 1", "widget 2"]
