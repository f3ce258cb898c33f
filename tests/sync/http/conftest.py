import socket

import pytest


@pytest.fixture
def unused_tcp_port_url() -> str:
    """An address nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"
