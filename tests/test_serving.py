"""What the dashboard does once for all visitors."""

import socket

from dashboard.serving import send_at_once


def test_answers_do_not_wait_for_the_confirmation_of_the_one_before() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        send_at_once()
        with socket.create_connection(server.getsockname()), server.accept()[0] as answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
