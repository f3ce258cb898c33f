"""One execution after another, over real HTTP: what is sent, what an answer does, what is given up."""

import csv
import io
import threading

import pytest

from sync.practice import PracticeS360, WebhookAuth


def test_nothing_is_sent_before_a_change_or_a_flag(s360, receiver):
    execution = s360.execute("contacts")
    assert (execution.taken, execution.deliveries, receiver.requests) == (0, [], [])
    assert execution.all_accepted


def test_flagged_contacts_go_out_in_arrays_of_bs_up_to_s(s360, receiver):
    s360.configure("contacts", per_execution=100, per_post=30)
    assert s360.flag_all("contacts") == 120
    execution = s360.execute("contacts")
    assert [len(request.records) for request in receiver.requests] == [30, 30, 30, 10]
    assert (execution.taken, execution.succeeded, len(s360.queue("contacts"))) == (100, 100, 20)
    s360.execute("contacts")
    assert receiver.numbers == s360.numbers()


def test_payloads_arrive_exactly_with_leading_zeros_kept(s360, receiver):
    s360.flag("contacts", ["0000100000", "100000"])
    s360.execute("contacts")
    request = receiver.requests[0]
    assert request.records == [s360.contact("0000100000"), s360.contact("100000")]
    assert b'"contactNumber":"0000100000"' in request.body
    assert b'"contactNumber":"100000"' in request.body
    assert (request.method, request.headers["Content-Type"]) == ("POST", "application/json; charset=UTF-8")


def test_several_edits_before_an_execution_are_one_message_with_the_latest_state(s360, receiver):
    for town in ("Gent", "Lyon", "Genève"):
        s360.edit("0000100000", town=town)
    s360.edit("0000100000", email="new@example.org")
    s360.execute("contacts")
    assert len(receiver.requests) == 1
    (record,) = receiver.requests[0].records
    assert (record["addresses"][0]["town"], record["individualContact"]["email"]) == ("Genève", "new@example.org")


def test_a_retry_carries_the_state_of_its_own_moment(s360, receiver):
    receiver.statuses = [503]
    s360.edit("0000100000", email="first@example.org")
    assert s360.execute("contacts").errors == 1
    s360.edit("0000100000", email="second@example.org")
    assert s360.execute("contacts").succeeded == 1
    emails = [request.records[0]["individualContact"]["email"] for request in receiver.requests]
    assert emails == ["first@example.org", "second@example.org"]
    assert s360.queue("contacts") == []


def test_an_edit_while_its_array_is_on_the_way_is_sent_again(s360, receiver):
    receiver.before_answer = lambda: s360.edit("0000100000", email="later@example.org")
    s360.flag("contacts", ["0000100000"])
    assert s360.execute("contacts").succeeded == 1
    receiver.before_answer = None
    assert [ticket.key for ticket in s360.queue("contacts")] == ["0000100000"]
    s360.execute("contacts")
    assert receiver.requests[-1].records[0]["individualContact"]["email"] == "later@example.org"


@pytest.mark.parametrize("status", [201, 202, 204, 301, 400, 404, 413, 500, 503])
def test_anything_but_200_refuses_the_whole_array(s360, receiver, status):
    receiver.status = status
    s360.flag_all("contacts")
    execution = s360.execute("contacts")
    assert (execution.succeeded, execution.errors, execution.taken) == (0, 120, 120)
    assert {delivery.status for delivery in execution.deliveries} == {status}
    assert not execution.all_accepted
    assert len(s360.queue("contacts")) == 120


def test_a_refused_array_does_not_hold_up_its_neighbours(s360, receiver):
    receiver.statuses = [200, 500, 200]
    s360.flag_all("contacts")
    execution = s360.execute("contacts")
    assert (execution.succeeded, execution.errors) == (70, 50)
    assert [ticket.key for ticket in s360.queue("contacts")] == s360.numbers()[50:100]


def test_a_record_is_tried_in_twelve_executions_and_then_only_the_log_remembers(s360, receiver):
    receiver.status = 503
    s360.flag("contacts", ["0000100000", "100000"])
    executions = [s360.execute("contacts") for _ in range(13)]
    assert [execution.taken for execution in executions] == [2] * 12 + [0]
    assert [execution.given_up for execution in executions[:11]] == [[]] * 11
    assert executions[11].given_up == ["0000100000", "100000"]
    assert len(receiver.requests) == 12
    assert s360.queue("contacts") == []
    given_up = [line.text for line in s360.log("contacts").lines("Error") if "given up" in line.text]
    assert given_up == ["0000100000: given up after 12 attempts", "100000: given up after 12 attempts"]


def test_a_receiver_that_comes_back_at_the_twelfth_attempt_gets_everything(s360, receiver):
    receiver.statuses = [500] * 11
    s360.flag("contacts", ["0000100000"])
    for _ in range(12):
        execution = s360.execute("contacts")
    assert (execution.succeeded, execution.given_up) == (1, [])


def test_a_slow_receiver_is_a_timeout_and_is_tried_again(s360, receiver):
    s360.configure("contacts", timeout_seconds=0.2)
    waiting = threading.Event()
    receiver.before_answer = lambda: waiting.wait(2)
    s360.flag("contacts", ["0000100000"])
    execution = s360.execute("contacts")
    waiting.set()
    assert (execution.timeouts, execution.errors, execution.succeeded) == (1, 0, 0)
    assert execution.deliveries[0].timed_out
    assert len(s360.queue("contacts")) == 1


def test_a_receiver_that_is_not_there_is_an_error(s360):
    s360.point(contacts="http://127.0.0.1:9/nobody")
    s360.flag("contacts", ["0000100000"])
    execution = s360.execute("contacts")
    assert (execution.errors, execution.deliveries[0].status) == (1, None)
    assert "ConnectError" in execution.deliveries[0].error


def test_without_a_receiver_nothing_is_tried_and_no_attempt_counted():
    with PracticeS360(contacts=10, orders=0) as s360:
        s360.flag_all("contacts")
        execution = s360.execute("contacts")
        assert (execution.taken, execution.not_processed, execution.all_accepted) == (0, 10, False)
        assert {ticket.attempts for ticket in s360.queue("contacts")} == {0}


def test_a_contact_deleted_before_it_is_sent_is_a_warning(s360, receiver):
    s360.flag("contacts", ["0000100000", "100000"])
    s360.vanish("100000")
    execution = s360.execute("contacts")
    assert (execution.succeeded, execution.warnings, execution.all_accepted) == (1, 1, True)
    assert receiver.numbers == ["0000100000"]


def test_a_merge_sends_the_head_and_orders_follow_it(s360, receiver):
    order_id = s360.add_order(contactReference="100000")
    s360.merge("100000", into="0000100000")
    s360.execute("contacts")
    assert receiver.numbers == ["0000100000"]
    assert s360.order(order_id)["contactReference"] == "0000100000"


def test_an_anonymised_contact_is_sent_once_more_masked(s360, receiver):
    s360.anonymise("0000100000")
    s360.execute("contacts")
    (record,) = receiver.requests[0].records
    assert record["state"] == "ACCOUNT_DELETED"
    assert record["individualContact"]["individualFirstname"] == "XXXXXXXX"


def test_an_order_of_a_newcomer_can_arrive_before_the_contact(s360, receiver):
    number = s360.create_contact(individualFirstname="Noor", individualLastname="Brightwater")
    order_id = s360.add_order(contactReference=number)
    s360.execute("orders")
    s360.execute("contacts")
    first, second = receiver.requests
    assert first.records[0]["orderDetailsData"]["orderId"] == order_id
    assert first.records[0]["orderDetailsData"]["contactReference"] == number
    assert second.numbers == [number]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, lambda order: [{"orderDetailsData": order}]),
        ({"order_root": "inner"}, lambda order: [order]),
        ({"order_root": "list"}, lambda order: {"orderDetailsDatas": [order]}),
        ({"bare_when_single": True}, lambda order: {"orderDetailsData": order}),
        ({"order_root": "inner", "bare_when_single": True}, lambda order: order),
    ],
)
def test_orders_come_in_every_root_shape_that_was_seen(s360, receiver, settings, expected):
    s360.configure("orders", **settings)
    order_id = s360.order_ids()[0]
    s360.flag("orders", [order_id])
    s360.execute("orders")
    assert receiver.requests[0].records == expected(s360.order(order_id))


def test_details_and_granularity_choose_the_content(s360, receiver):
    s360.configure("contacts", details=["GENERAL"])
    s360.configure("orders", granularity="OPERATIONS")
    s360.flag("contacts", ["0000100000"])
    s360.flag("orders", s360.order_ids()[:1])
    s360.execute("contacts")
    s360.execute("orders")
    assert "addresses" not in receiver.requests[0].records[0]
    assert "movementDatas" not in receiver.requests[1].records[0]["orderDetailsData"]


def test_export_rows_are_flat_and_only_queued_when_somebody_receives_them(s360, receiver):
    s360.edit("0000100000", email="a@example.org")
    assert s360.queue("exports") == []
    s360.point(exports=receiver.url)
    s360.edit("0000100000", email="b@example.org")
    s360.execute("exports")
    (row,) = receiver.requests[0].records
    assert (row["contactNumber"], row["email"]) == ("0000100000", "b@example.org")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (WebhookAuth("basic", "s3cret", user="s360"), "Authorization", "Basic czM2MDpzM2NyZXQ="),
        (WebhookAuth("bearer", "s3cret"), "Authorization", "Bearer s3cret"),
        (WebhookAuth("header", "s3cret", header="X-Key"), "X-Key", "s3cret"),
    ],
)
def test_every_kind_of_authentication_reaches_the_receiver(s360, receiver, auth, header, value):
    s360.point(contacts=receiver.url, auth=auth)
    s360.flag("contacts", ["0000100000"])
    s360.execute("contacts")
    assert receiver.requests[0].headers[header] == value


def test_version_one_sends_only_the_identifier_in_place_of_the_exact_placeholder(s360, receiver):
    s360.configure("contacts", version="V1", method="GET", url=receiver.url + "?n=${contactNumber}&m={contactNumber}")
    s360.flag("contacts", ["0000100000", "100000"])
    execution = s360.execute("contacts")
    paths = [request.path for request in receiver.requests]
    assert [path.partition("?")[2].partition("&")[0] for path in paths] == ["n=0000100000", "n=100000"]
    assert all("contactNumber" in path for path in paths)
    assert [(request.method, request.body) for request in receiver.requests] == [("GET", b"")] * 2
    assert execution.succeeded == 2


def test_version_one_can_post_the_identifier_in_a_plain_json_body(s360, receiver):
    s360.configure("orders", version="V1", body_template='{"order": "${orderId}"}')
    s360.flag("orders", [10_000_912_204])
    s360.execute("orders")
    assert receiver.requests[0].records == {"order": "10000912204"}


def test_the_log_is_numbered_and_closed_by_the_five_counters(s360, receiver):
    receiver.statuses = [500]
    s360.flag_all("contacts")
    s360.execute("contacts")
    rows = list(csv.reader(io.StringIO(s360.log("contacts").as_csv())))
    assert rows[0] == ["Number", "Date", "Message type", "Message"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert [row[2] for row in rows[1:]] == ["Info", "Error", "Info"]
    assert rows[-1][3] == (
        "Execution 1: 70 processed successfully, 0 with warnings, 50 with errors, 0 with timeout, 0 not processed"
    )


def test_the_ledger_holds_every_delivery_tried(s360, receiver):
    receiver.statuses = [500]
    s360.flag_all("contacts")
    s360.execute("contacts")
    s360.execute("contacts")
    deliveries = s360.ledger.deliveries("contacts")
    assert [(len(d.keys), d.status, d.accepted) for d in deliveries] == [
        (50, 500, False), (50, 200, True), (20, 200, True), (50, 200, True),
    ]  # fmt: skip
    assert [d.execution for d in deliveries] == [1, 1, 1, 2]
    assert [d.sequence for d in deliveries] == [1, 2, 3, 4]
    assert [len(request.body) for request in receiver.requests] == [d.size for d in deliveries]
    assert len(s360.ledger.received("0000100000")) == 1
    assert s360.ledger.totals["contacts records refused"] == 50


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ({"per_post": 0}, "per_post"),
        ({"every_seconds": -1}, "every_seconds"),
        ({"details": ["PHOTO"]}, "PHOTO"),
        ({"m": 1}, "'m'"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_and_changes_nothing(s360, setting, complaint):
    before = s360.runners["contacts"].interface
    with pytest.raises(ValueError, match=complaint):
        s360.configure("contacts", **setting)
    assert s360.runners["contacts"].interface == before
