from collections.abc import Iterator

import httpx
import pytest

from sync.practice import PracticeS360
from tests.sync.practice.caller import Caller, calling
from tests.sync.practice.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def s360(receiver: Receiver) -> Iterator[PracticeS360]:
    with PracticeS360(seed=1, contacts=120, orders=60) as running:
        running.point(contacts=receiver.url, orders=receiver.url)
        yield running


@pytest.fixture
def call(s360: PracticeS360) -> Iterator[Caller]:
    yield from calling(s360)


@pytest.fixture
def web(s360: PracticeS360) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=s360.url, trust_env=False, timeout=10) as client:
        yield client
