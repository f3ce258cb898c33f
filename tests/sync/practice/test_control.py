"""The control API over real HTTP: the same verbs as the handle, from another process."""

from http.client import HTTPConnection

import httpx
import pytest


def post(web: httpx.Client, path: str, **body: object) -> object:
    return web.post(f"/_practice/{path}", json=body).raise_for_status().json()


def test_a_whole_rehearsal_over_http(web, receiver):
    post(web, "interfaces/contacts", url=receiver.url, per_execution=80, auth={"mode": "bearer", "secret": "s3cret"})
    assert post(web, "flag/contacts") == {"queued": 120}
    execution = post(web, "execute/contacts")
    assert (execution["taken"], execution["succeeded"], execution["all_accepted"]) == (80, 80, True)
    assert [len(delivery["keys"]) for delivery in execution["deliveries"]] == [50, 30]
    assert receiver.requests[0].headers["Authorization"] == "Bearer s3cret"
    state = web.get("/_practice/state").json()
    assert state["streams"]["contacts"]["waiting"] == 40
    assert state["streams"]["contacts"]["executions"][0]["succeeded"] == 80
    assert (state["contacts"], state["orders"]) == (120, 60)


def test_state_never_shows_the_secret_path_of_a_receiver(web, s360):
    s360.point(contacts="http://127.0.0.1:9/hooks/1/very-secret/")
    assert "very-secret" not in web.get("/_practice/state").text
    assert "very-secret" not in web.get("/").text


def test_flags_by_count_and_by_key(web, s360):
    assert post(web, "flag/contacts", first=5) == {"queued": 5}
    assert post(web, "flag/contacts", keys=["0000100000", s360.numbers()[10]]) == {"queued": 1}
    assert post(web, "flag/orders", first=3) == {"queued": 3}


def test_contacts_can_be_read_edited_created_and_ended(web, s360):
    assert [c["contactNumber"] for c in web.get("/_practice/contacts?limit=2").json()] == s360.numbers()[:2]
    assert post(web, "contacts/0000100000", email="x@example.org")["individualContact"]["email"] == "x@example.org"
    number = post(web, "contacts", individualFirstname="Noor", individualLastname="Sorrelby")["contactNumber"]
    assert web.get(f"/_practice/contacts/{number}").json() == s360.contact(number)
    post(web, f"contacts/{number}/anonymise")
    assert s360.contact(number)["state"] == "ACCOUNT_DELETED"
    post(web, f"contacts/{number}/vanish")
    post(web, "contacts/100000/merge", into="0000100000")
    for gone in (number, "100000"):
        assert web.get(f"/_practice/contacts/{gone}").status_code == 404


def test_orders_can_be_added_and_read(web, s360):
    order_id = post(web, "orders", contactReference="0000100000", saleAmount=91000)["orderId"]
    order = web.get(f"/_practice/orders/{order_id}").json()
    assert (order["contactReference"], order["saleAmount"]) == ("0000100000", 91000)
    assert [ticket.key for ticket in s360.queue("orders")] == [str(order_id)]


def test_faults_limit_rewrites_and_credentials_are_set(web, s360, call):
    assert post(web, "faults", kind="status", times=1)[0]["kind"] == "status"
    assert call("getContactData", contactNumber="0000100000").status_code == 500
    post(web, "faults", kind="late", seconds=60)
    assert web.delete("/_practice/faults").json() == []
    assert post(web, "rewrites", names=["trim"]) == ["trim"]
    assert post(web, "limit", calls=1, window="fixed", retry_after="9")["calls"] == 1
    assert post(web, "credentials", secret="other")["secret"] == "other"
    assert s360.credentials.secret == "other"


def test_the_ledger_tells_deliveries_calls_and_effects(web, s360, call, receiver):
    s360.flag("contacts", ["0000100000"])
    s360.execute("contacts")
    call.save(contactNumber="0000100000", email="x@example.org")
    call.save(individualFirstname="Noor", individualLastname="Sorrelby")
    ledger = web.get("/_practice/ledger").json()
    assert [(d["keys"], d["accepted"]) for d in ledger["deliveries"]] == [(["0000100000"], True)]
    assert [c["method"] for c in ledger["calls"]] == ["saveIndividualContactData"] * 2
    assert [e["kind"] for e in ledger["effects"]] == ["update", "create"]
    assert (ledger["creates"], ledger["needless"], ledger["most_calls_within_60_s"]) == (1, 0, 2)
    assert len(web.get("/_practice/ledger/effects/0000100000").json()) == 1
    assert len(web.get("/_practice/ledger/received/0000100000").json()) == 1
    assert web.get("/_practice/ledger?since=1").json()["deliveries"] == []


def test_hold_release_and_replay(web, s360, receiver):
    s360.flag("contacts", ["0000100000"])
    assert post(web, "execute/contacts", hold=True)["held"] == 1
    assert post(web, "release/contacts")["succeeded"] == 1
    assert post(web, "replay/1")["note"] == "replayed"
    assert len(receiver.requests) == 2


def test_the_log_comes_as_the_csv_operators_know(web, s360):
    s360.execute("contacts")
    answer = web.get("/_practice/log/contacts.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.splitlines()[0] == "Number,Date,Message type,Message"


@pytest.mark.parametrize("part", ["queues", "ledger", "faults", "all"])
def test_reset_empties_what_it_names(web, s360, receiver, part):
    s360.flag_all("contacts")
    s360.configure("contacts", per_execution=50)
    s360.execute("contacts")
    s360.edit("0000100000", email="x@example.org")
    s360.fault("late")
    post(web, "reset", part=part)
    assert (s360.queue("contacts") == []) is (part in ("queues", "all"))
    assert (s360.ledger.deliveries() == []) is (part in ("ledger", "all"))
    assert (s360.faults.standing() == []) is (part in ("faults", "all"))
    assert (s360.contact("0000100000") == s360.world.population.contact(0)) is (part == "all")


def test_the_edit_rate_is_set(web, s360):
    assert post(web, "edits", per_second=5)["per_second"] == 5
    assert post(web, "edits", per_second=0)["per_second"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "complaint"),
    [
        ("execute/tickets", {}, 400, "no stream 'tickets'"),
        ("interfaces/contacts", {"per_post": 0}, 400, "per_post"),
        ("interfaces/contacts", {"colour": 1}, 400, "colour"),
        ("faults", {"kind": "earthquake"}, 400, "earthquake"),
        ("edits", {"per_second": 10**9}, 400, "edit rate"),
        ("contacts/999", {"email": "x@example.org"}, 404, "999"),
        ("contacts/0000100000", {"shoeSize": 44}, 400, "shoeSize"),
        ("replay/99", {}, 400, "99"),
        ("reset", {"part": "world"}, 400, "world"),
        ("dance", {}, 404, "no such control"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(web, path, body, status, complaint):
    answer = web.post(f"/_practice/{path}", json=body)
    assert answer.status_code == status
    assert complaint in answer.json()["error"]


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(web, body):
    assert web.post("/_practice/execute/contacts", content=body).status_code == 400


def test_another_site_cannot_press_our_buttons(web, s360):
    for origin, status in (("http://elsewhere.example.org", 403), (s360.url, 200)):
        assert web.post("/_practice/flag/contacts", json={}, headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize("length", ["99999999999", "many", "-1"])
def test_a_body_too_large_is_refused_unread(s360, length):
    connection = HTTPConnection("127.0.0.1", s360.port, timeout=5)
    connection.putrequest("POST", "/_practice/flag/contacts")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
