from collections.abc import Iterator

import pytest

from sync.practice import PracticeS360
from tests.sync.s360.client_support import SECRET, Opener


@pytest.fixture
def s360() -> Iterator[PracticeS360]:
    with PracticeS360(seed=1, contacts=40, orders=20) as running:
        running.credentials.secret = SECRET
        yield running


@pytest.fixture
def connect(s360: PracticeS360) -> Iterator[Opener]:
    opener = Opener(s360.url)
    yield opener
    opener.close()
