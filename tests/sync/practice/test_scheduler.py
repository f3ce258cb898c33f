import time
from collections.abc import Callable


def eventually(happens: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happens():
            return True
        time.sleep(0.01)
    return False


def test_an_execution_runs_every_m_seconds_and_stops_when_m_is_taken_away(s360, receiver):
    s360.flag_all("contacts")
    s360.configure("contacts", every_seconds=0.05, per_execution=50)
    assert eventually(lambda: len(receiver.numbers) == 120)
    assert eventually(lambda: len(s360.runners["contacts"].executions) >= 4)
    s360.configure("contacts", every_seconds=None)
    seen = len(s360.execute("contacts").deliveries)
    done = len(s360.runners["contacts"].executions)
    assert not eventually(lambda: len(s360.runners["contacts"].executions) > done + 1, seconds=0.3)
    assert seen == 0


def test_an_execution_by_hand_waits_for_the_one_under_way(s360, receiver):
    receiver.before_answer = lambda: time.sleep(0.05)
    s360.flag_all("contacts")
    s360.configure("contacts", every_seconds=0.01)
    assert eventually(lambda: len(receiver.requests) >= 1)
    s360.execute("contacts")
    assert sorted(receiver.numbers) == sorted(s360.numbers())


def test_life_goes_on_at_the_chosen_rate(s360):
    s360.edit_rate(200)
    assert eventually(lambda: s360.editor.made >= 60)
    s360.edit_rate(0)
    made = s360.editor.made
    assert not eventually(lambda: s360.editor.made > made + 1, seconds=0.3)
    assert s360.queue("contacts")
    assert s360.queue("orders")
    assert s360.world.new_orders > 0
