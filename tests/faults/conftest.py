from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.valkey import ValkeyServer
from config.supervisor import members
from tests.faults.console import Console, console_environment
from tests.flows.world import World, a_world

SEED = 20_260_729


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A broker of this test's own: it may be flushed, stopped and paused."""
    server = ValkeyServer(tmp_path / "valkey", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def console(
    transactional_db: None, tmp_path: Path, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Console]:
    monkeypatch.setattr(members, "LOGS", tmp_path)  # what the supervisor starts writes its log here
    made = Console(tmp_path, console_environment(valkey))
    yield made
    made.end()


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    with a_world(seed=SEED) as made:
        yield made
