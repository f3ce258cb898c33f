import pytest

from tests.flows.world import a_world


@pytest.fixture
def world(transactional_db):
    with a_world() as made:
        yield made
