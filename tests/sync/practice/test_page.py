"""What a person sees and presses."""

from html.parser import HTMLParser

import pytest

from sync.practice.contact_payload import NULLS, STRUCTURE

VOID = {"meta", "link", "input", "br"}


class Wellformed(HTMLParser):
    """Every tag that opens closes, in order; remembers the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def seen(web, path: str) -> str:
    answer = web.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    return " ".join(Wellformed(answer.text).words)


def test_the_first_page_shows_queues_executions_and_faults(web, s360, receiver):
    receiver.statuses = [500]
    s360.flag_all("contacts")
    s360.execute("contacts")
    s360.fault("hang")
    text = seen(web, "/")
    assert "refused" in text
    assert "hang" in text
    assert "120 contacts, 60 orders" in text
    assert seen(web, "/live") in text


def test_an_untouched_practice_s360_has_a_first_page_too(web):
    assert "No execution yet." in seen(web, "/")
    assert "Nothing was sent yet." in seen(web, "/deliveries")


@pytest.mark.parametrize("index", [0, STRUCTURE, NULLS, 10, 13])
def test_every_kind_of_contact_has_a_page_with_a_form(web, s360, index):
    number = s360.numbers()[index]
    assert "Edit as a clerk would" in seen(web, f"/contacts/{number}")


def test_contacts_are_listed_by_page_and_found_by_number_or_email(web, s360):
    numbers = s360.numbers()
    first, second = seen(web, "/contacts"), seen(web, "/contacts?page=2")
    assert numbers[0] in first
    assert numbers[50] in second
    assert numbers[50] not in first
    assert numbers[60] in seen(web, f"/contacts?q={numbers[60]}")
    email = s360.contact(numbers[60])["individualContact"]["email"]
    assert numbers[60] in seen(web, f"/contacts?q={email}")
    assert "Nobody found." in seen(web, "/contacts?q=nobody")


def test_orders_and_deliveries_are_listed(web, s360, receiver):
    s360.flag_all("orders")
    s360.execute("orders")
    order_id = s360.order_ids()[-1]
    assert str(order_id) in seen(web, "/orders")
    assert '"orderDetailsData"' in seen(web, f"/orders/{order_id}")
    assert "200" in seen(web, "/deliveries")


def test_hostile_values_are_shown_as_text(web, s360):
    s360.edit("0000100000", individualLastname='<script>alert("x")</script>', email='"><img src=x>')
    for path in ("/contacts", "/contacts/0000100000"):
        page = web.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page
    assert '<script>alert("x")</script>' in seen(web, "/contacts")


def test_saving_the_form_writes_only_what_was_changed(web, s360):
    before = s360.contact("0000100000")
    person = before["individualContact"]
    form = {
        "individualFirstname": person["individualFirstname"],
        "email": "new@example.org",
        "line3": "",
        "consent.SMS": "yes",
    }
    answer = web.post("/forms/contact/0000100000", data=form)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/contacts/0000100000")
    after = s360.contact("0000100000")
    assert after["individualContact"] == person | {"email": "new@example.org"}
    assert {"code": "SMS", "authorized": True} in after["authorizations"]
    assert after["addresses"] == before["addresses"]
    assert [ticket.key for ticket in s360.queue("contacts")] == ["0000100000"]
    assert "Saved" in seen(web, answer.headers["Location"])


def test_saving_an_unchanged_form_sends_nothing(web, s360):
    person = s360.contact("0000100000")["individualContact"]
    answer = web.post("/forms/contact/0000100000", data={"email": person["email"]})
    assert "Nothing was changed." in seen(web, answer.headers["Location"])
    assert s360.queue("contacts") == []


def test_every_button_does_what_it_says(web, s360, receiver):
    for path, form in (
        ("flag/contacts", {}), ("execute/contacts", {}), ("schedule/orders", {"every_seconds": "900"}),
        ("edits", {"per_second": "0"}), ("order", {}), ("newcomer", {}),
        ("fault", {"kind": "late", "times": "3", "seconds": "9"}), ("anonymise/0000100000", {}), ("vanish/100000", {}),
    ):  # fmt: skip
        assert web.post(f"/forms/{path}", data=form).status_code == 303
    assert len(receiver.numbers) == 120
    assert s360.runners["orders"].interface.every_seconds == 900
    assert (len(s360.queue("orders")), s360.world.new_contacts) == (1, 1)
    assert [(f["times"], f["seconds"]) for f in s360.faults.standing()] == [(3, 9.0)]
    assert s360.contact("0000100000")["state"] == "ACCOUNT_DELETED"
    assert "100000" not in s360.numbers()
    web.post("/forms/schedule/orders", data={"every_seconds": ""})
    web.post("/forms/calm")
    assert s360.runners["orders"].interface.every_seconds is None
    assert s360.faults.standing() == []


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/contacts/999", 404), ("/orders/1", 404), ("/orders/x", 400), ("/contacts?page=x", 400)],
)
def test_a_page_that_is_not_there_says_so(web, path, status):
    assert web.get(path).status_code == status


@pytest.mark.parametrize("path", ["execute/tickets", "dance", "contact/999", "fault"])
def test_a_button_that_is_not_there_does_nothing(web, s360, path):
    assert web.post(f"/forms/{path}").status_code in (400, 404)
    assert s360.queue("contacts") == []
