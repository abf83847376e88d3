"""What the dashboard does once for all visitors."""

import socket

import pytest
from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard.server import process
from dashboard.server.process import remember_settings, send_at_once


def test_answers_do_not_wait_for_the_confirmation_of_the_one_before() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        send_at_once()
        with socket.create_connection(server.getsockname()), server.accept()[0] as answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_run_of_a_fragment_drops_nothing_that_no_browser_has_seen_and_a_whole_run_does() -> None:
    process.prepare_once()
    queue = ForwardMsgQueue()
    for fragment in ("a", "b", ""):
        message = ForwardMsg()
        message.delta.add_block.SetInParent()
        message.delta.fragment_id = fragment
        message.metadata.delta_path.extend([0, len(queue)])
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["a"])
    assert [list(message.metadata.delta_path) for message in queue.flush()] == [[0, 0], [0, 1], [0, 2]]
    queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()


def test_streamlit_looks_through_its_settings_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_options_for_section", config.get_options_for_section)  # put back afterwards
    before = config.get_options_for_section("theme.light")
    remember_settings()
    once = config.get_options_for_section("theme.light")
    assert once == before and config.get_options_for_section("theme.light") is once
