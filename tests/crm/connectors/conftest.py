import itertools
import socket
import time
from collections.abc import Iterator

import pytest

from crm.practice import PracticeCrm
from tests.crm.connectors.dialects import DIALECTS, TOKEN, Dialect, Opener


@pytest.fixture
def crm() -> Iterator[PracticeCrm]:
    with PracticeCrm(token=TOKEN) as running:
        yield running
        assert running.ledger.bugs == []


@pytest.fixture
def ticking_crm() -> Iterator[PracticeCrm]:
    """Its clock goes on by ten milliseconds each time it is looked at: no two writes share a time."""
    ticks = itertools.count(int(time.time()) * 100 - 100_000)
    with PracticeCrm(token=TOKEN, clock=lambda: next(ticks) / 100) as running:
        yield running


@pytest.fixture
def connect(crm: PracticeCrm) -> Iterator[Opener]:
    opener = Opener(crm.url)
    yield opener
    opener.close()


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.id)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def unused_tcp_port_url() -> str:
    """An address nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{held.getsockname()[1]}"
