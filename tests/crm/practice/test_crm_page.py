"""The pages: what they show, what their forms do, and that no value becomes markup."""

from __future__ import annotations

import pytest

from tests.crm.practice.clients import contact, order


@pytest.fixture
def known(crm, hubspot):
    hubspot.upsert([contact("0048213", firstname="Ada", lastname="Cruz", city="Bern", criterion_interests="OPERA")])
    return crm.contact_by_number("0048213")["id"]


def link(hubspot, contact_id):
    order_id = hubspot.upsert([order("777", s360_products="2 x Carmen")], "orders").json()["results"][0]["id"]
    path = "/crm/associations/2026-03/orders/contacts/batch/associate/default"
    hubspot.call("POST", path, {"inputs": [{"from": {"id": order_id}, "to": {"id": contact_id}}]})


def test_home_shows_contacts_orders_calls_and_faults(crm, hubspot, rest, known):
    link(hubspot, known)
    crm.fail_next("hubspot", "throttled", 3)
    crm.refuse("country", "XX")

    page = rest.call("GET", "/").text

    for shown in ("0048213", "Ada Cruz", "2 x Carmen", "S-360 console", "next 3 calls", "refuses country = XX"):
        assert shown in page
    assert "POST 2026-03/contacts/batch/upsert" in page


def test_empty_crm_has_a_page_too(rest):
    assert "No contact yet." in rest.call("GET", "/").text


@pytest.mark.parametrize(("wanted", "found"), [("cruz", True), ("0048213", True), ("Zug", False), ("lastname", False)])
def test_search_looks_into_values(rest, known, wanted, found):
    assert ("Ada Cruz" in rest.call("GET", "/", params={"q": wanted}).text) is found


def test_values_never_become_markup(rest, hubspot):
    hostile = "<script>alert(1)</script>\"'"
    known = hubspot.upsert([contact("1", lastname=hostile, city=hostile)]).json()["results"][0]["id"]

    for path in ("/", f"/contacts/{known}"):
        reply = rest.call("GET", path, params={"q": hostile} if path == "/" else None)
        assert "<script>alert" not in reply.text
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in reply.headers["Content-Security-Policy"]


def test_contact_page_shows_orders_and_who_wrote_what(crm, hubspot, rest, known):
    link(hubspot, known)
    crm.people.edit(known, {"city": "Basel"}, user=45679)

    page = rest.call("GET", f"/contacts/{known}").text

    for shown in ("777", "Sam Meadow", "city = Basel", "First name", 'value="Ada"'):
        assert shown in page


def test_form_edits_as_the_chosen_person_and_touches_nothing_else(crm, rest, known):
    before = crm.contact(known)
    as_shown = {name: value for name, value in before.items() if name != "id"}
    form = {**as_shown, "user": "45680", "city": "Thun", "zip": ""}

    reply = rest.http.post(f"/contacts/{known}", data=form)

    assert (reply.status_code, reply.headers["Location"]) == (303, f"/contacts/{known}")
    assert crm.contact(known) == {**before, "city": "Thun"}
    assert crm.history(known, "city")[0][2].user_id == 45680
    assert len(crm.history(known, "firstname")) == 1


def test_clone_merge_and_delete_from_the_page(crm, rest, known):
    clone = rest.http.post(f"/contacts/{known}/clone").headers["Location"].rsplit("/", 1)[1]
    assert len(crm.contacts()) == 2

    merged = rest.http.post(f"/contacts/{clone}/merge", data={"head": known})
    assert merged.headers["Location"] == f"/contacts/{known}"

    assert rest.http.post(f"/contacts/{known}/delete").headers["Location"] == "/"
    assert crm.contacts() == []


def test_switches_break_and_mend(crm, rest):
    rest.http.post("/faults", data={"face": "hubspot", "kind": "late", "count": "3"})
    rest.http.post("/faults", data={"face": "*", "kind": "server_error", "count": "5%"})
    rest.http.post("/rules", data={"field": "email", "value": "ada@example.org"})
    faults = crm.core.faults.standing()
    assert [(each.kind, each.count, each.probability) for each in faults] == [
        ("late", 3, 1.0),
        ("server_error", None, 0.05),
    ]

    for each in faults:
        rest.http.post("/faults/lift", data={"id": str(each.id)})
    rest.http.post("/rules/lift", data={"id": str(crm.core.rules.standing()[0].id)})

    assert crm.core.faults.standing() == []
    assert crm.core.rules.standing() == []


def test_live_editing_is_switched_from_the_page(crm, rest):
    rest.http.post("/live", data={"per_second": "0.5"})
    assert crm.people.live_rate == 0.5
    rest.http.post("/live", data={"per_second": ""})
    assert crm.people.live_rate == 0


@pytest.mark.parametrize(
    ("method", "path", "form", "status"),
    [
        ("GET", "/contacts/99", None, 404),
        ("GET", "/nothing", None, 404),
        ("POST", "/nothing", {}, 404),
        ("POST", "/contacts/99", {"city": "x"}, 404),
        ("POST", "/contacts/99/paint", {}, 404),
        ("POST", "/faults", {"face": "*", "kind": "late", "count": "many"}, 400),
        ("POST", "/faults", {"kind": "late"}, 400),
        ("POST", "/live", {"per_second": "fast"}, 400),
    ],
)
def test_form_nobody_can_serve_is_refused(crm, rest, method, path, form, status):
    assert rest.http.request(method, path, data=form).status_code == status
    assert crm.core.faults.standing() == []


def test_form_of_another_site_changes_nothing(crm, rest, known):
    foreign = {"Origin": "https://elsewhere.example.org"}
    own = {"Origin": crm.url}

    assert rest.http.post(f"/contacts/{known}/delete", headers=foreign).status_code == 403
    assert crm.contact(known) is not None
    assert rest.http.post(f"/contacts/{known}/delete", headers=own).status_code == 303


# pytest-base-url, which pytest-playwright brings, still defines a fixture in the way pytest 9 warns about
@pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods")
@pytest.mark.browser
def test_page_refreshes_itself_and_saves_an_edit(crm, hubspot, known, page):
    messages = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(crm.url)
    hubspot.upsert([contact("9", lastname="Newcomer")])
    page.get_by_text("Newcomer").wait_for(timeout=10_000)

    page.get_by_text("Ada Cruz").click()
    page.get_by_label("City").fill("Sion")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("city = Sion").wait_for()

    assert crm.contact(known)["city"] == "Sion"
    assert messages == []
