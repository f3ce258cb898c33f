import pytest

from sync.practice import Population
from sync.practice import order_payload as traps

POPULATION = Population(1, 400, 300)


def file_of(order: dict) -> int:
    return order["operationDatas"][0]["fileId"]


def test_an_order_has_the_documented_members():
    order = POPULATION.order(0)
    assert set(order) == {
        "orderId", "orderState", "orderType", "orderOriginator", "organizationCode", "contactReference",
        "salesChannelCode", "salesChannelName", "catalogCurrency", "creationDateTime", "referenceDate",
        "expirationDate", "saleAmount", "preSaleAmount", "reservationAmount", "optionAmount",
        "waitingAccountBalanceAmount", "operationDatas", "movementDatas",
    }  # fmt: skip
    assert order["referenceDate"].endswith("T23:00:00.000+00:00")


def test_amounts_are_whole_thousandths_and_add_up():
    for index in range(60):
        order = POPULATION.order(index)
        totals = [line["totalAmount"] for line in order.get("operationDatas", [])]
        kinds = ("saleAmount", "reservationAmount", "optionAmount")
        assert all(isinstance(order[kind], int) for kind in kinds)
        if totals:
            assert sum(order[kind] for kind in kinds) == sum(totals)


def test_a_refund_is_an_order_of_its_own_that_takes_back_the_sale_of_its_file():
    sale, refund = POPULATION.order(traps.SOLD), POPULATION.order(traps.REFUND)
    assert refund["orderType"] == "REFUND_CLIENT"
    assert refund["orderId"] != sale["orderId"]
    assert refund["saleAmount"] == -sale["saleAmount"]
    assert file_of(refund) == file_of(sale)
    assert refund["contactReference"] == sale["contactReference"]
    assert sale["orderState"] == "CLOSED"
    keys = {line["operationId"] for order in (sale, refund) for line in order["operationDatas"]}
    assert len(keys) == len(sale["operationDatas"]) * 2


def test_a_reservation_is_confirmed_by_a_further_order_on_its_file():
    reserved, confirmed = POPULATION.order(traps.RESERVATION), POPULATION.order(traps.CONFIRMED)
    assert (reserved["saleAmount"], reserved["reservationAmount"] > 0) == (0, True)
    assert confirmed["saleAmount"] == reserved["reservationAmount"]
    assert file_of(confirmed) == file_of(reserved)


def test_abandoned_and_anonymous_orders_name_nobody():
    abandoned, anonymous = POPULATION.order(traps.ABANDONED), POPULATION.order(traps.ANONYMOUS)
    assert abandoned["orderState"] == "ABANDONNED"
    assert anonymous["orderState"] == "CLOSED"
    assert "contactReference" not in abandoned
    assert "contactReference" not in anonymous


def test_unknown_types_and_states_missing_lines_and_other_currencies_occur():
    assert POPULATION.order(traps.UNKNOWN_TYPE)["orderType"] == "GIFT_VOUCHER"
    assert POPULATION.order(traps.UNKNOWN_STATE)["orderState"] == "PARTLY_CLOSED"
    assert "operationDatas" not in POPULATION.order(traps.NO_LINES)
    assert POPULATION.order(traps.SWISS)["catalogCurrency"] == {"currencyCode": "CHF"}
    assert POPULATION.order(traps.FREE)["saleAmount"] == 0


def test_every_unit_of_a_line_is_a_movement_and_barcodes_are_text():
    order = POPULATION.order(traps.MANY)
    assert len(order["movementDatas"]) == order["operationDatas"][0]["quantity"] == 48
    assert len({unit["movementId"] for unit in order["movementDatas"]}) == 48
    assert all(unit["barcode"].isdigit() and 24 <= len(unit["barcode"]) <= 28 for unit in order["movementDatas"])


@pytest.mark.parametrize(
    ("granularity", "has_movements", "has_tickets"),
    [("OPERATIONS", False, False), ("MOVEMENTS", True, False), ("TICKETS", True, True)],
)
def test_granularity_chooses_what_is_present(granularity, has_movements, has_tickets):
    order = traps.with_granularity(POPULATION.order(0), granularity)
    assert ("movementDatas" in order) is has_movements
    assert any("ticketId" in unit for unit in order.get("movementDatas", [])) is has_tickets
    assert order["operationDatas"]


def test_purchasers_are_contacts_of_the_population():
    known = set(POPULATION.numbers())
    buyers = {POPULATION.order(i).get("contactReference") for i in range(300)} - {None}
    assert buyers <= known
    assert len(buyers) > 100
