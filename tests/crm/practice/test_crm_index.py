"""The indexes against the plainest way to answer the same question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm.practice.index import KeyText, ModifiedLog, ValueIndex

keys = st.text(alphabet="0123456789ab", min_size=1, max_size=6)


@given(st.lists(keys, max_size=60), st.text(alphabet="0123456789ab", min_size=1, max_size=4), st.integers(1, 9))
def test_pieces_of_keys_are_found_as_by_a_full_scan(held, piece, block):
    text = KeyText()
    text.BLOCK = block
    for record_id, key in enumerate(held):
        text.add(key, record_id)

    exact = {record_id for record_id, key in enumerate(held) if piece == key}
    wanted = {record_id for record_id, key in enumerate(held) if piece in key}
    assert exact | set(text.longer_than(piece)) == wanted


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.integers(1, 4)), max_size=60))
def test_value_index_knows_who_carries_what(steps):
    index = ValueIndex()
    plain: dict[str, list[int]] = {}
    for adding, value, record_id in steps:
        ids = plain.setdefault(value, [])
        if adding and record_id not in ids:
            index.add(value, record_id)
            ids.append(record_id)
        elif not adding and record_id in ids:
            index.remove(value, record_id)
            ids.remove(record_id)

    assert {value: list(index.find(value)) for value in "abc"} == {value: plain.get(value, []) for value in "abc"}
    assert set(index.repeated()) == {value for value, ids in plain.items() if len(ids) > 1}
    assert len(index) == len([ids for ids in plain.values() if ids])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=60), st.integers(0, 60))
def test_log_reads_on_from_a_time_ordered_by_time_and_id(steps, since):
    log, at, plain = ModifiedLog(), 0, []
    for pause, record_id in steps:
        at += pause
        log.add(at, record_id)
        plain.append((at, record_id))

    wanted = sorted(each for each in plain if each[0] >= since)
    assert list(log.since(since)) == wanted
    assert log.count_since(since) == len(wanted)
    assert sorted(log.latest(), reverse=True) == sorted(plain, reverse=True)
