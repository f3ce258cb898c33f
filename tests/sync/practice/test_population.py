from itertools import islice

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.practice import Population
from sync.practice.contact_payload import CONTACT_BLOCK


def test_same_seed_gives_the_same_people_and_another_seed_gives_others():
    one, again, other = Population(1, 40, 30), Population(1, 40, 30), Population(2, 40, 30)
    contacts = [one.contact(i) for i in range(40)]
    assert contacts == [again.contact(i) for i in range(40)]
    assert contacts != [other.contact(i) for i in range(40)]
    assert [one.order(i) for i in range(30)] == [again.order(i) for i in range(30)]


@given(st.integers(0, 10**6))
def test_a_number_leads_back_to_its_contact(index):
    population = Population(1, 10**6, 0)
    assert population.contact_index(population.contact_number(index)) == index


@given(st.text(max_size=25))
def test_a_strange_number_leads_nowhere_or_to_exactly_itself(number):
    population = Population(1, 100, 0)
    index = population.contact_index(number)
    assert index is None or population.contact_number(index) == number


def test_two_numbers_differ_only_by_leading_zeros_and_one_is_beyond_64_bits():
    padded, bare, long = islice(Population(1, 10, 0).numbers(), 3)
    assert (padded, bare) == ("0000100000", "100000")
    assert int(padded) == int(bare)
    assert len(long) == 20
    assert int(long) > 2**63


def test_numbers_are_unique_text_of_at_most_20_digits():
    numbers = list(Population(1, 20_000, 0).numbers())
    assert len(set(numbers)) == 20_000
    assert all(number.isdigit() and 6 <= len(number) <= 20 for number in numbers)


def test_order_ids_are_beyond_32_bits_and_lead_back():
    population = Population(1, 10, 100)
    assert all(order_id > 2**32 for order_id in population.order_ids())
    assert [population.order_index(order_id) for order_id in population.order_ids()] == list(range(100))
    assert population.order_index(population.order_id(0) + 1) is None


def test_a_population_without_contacts_has_only_orders_without_purchaser():
    assert all("contactReference" not in Population(1, 0, 30).order(i) for i in range(30))


@pytest.mark.parametrize("index", range(CONTACT_BLOCK))
def test_every_contact_is_json_and_invented(index):
    contact = Population(7, CONTACT_BLOCK, 0).contact(index)
    assert orjson.loads(orjson.dumps(contact)) == contact
    email = contact.get("individualContact", {}).get("email")
    assert email is None or email.lower().endswith("example.org")
