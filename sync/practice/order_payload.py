"""One order as S-360 sends it: the inside of `orderDetailsData` (platform.secutix.com, webhook/order/v2).

A refund or an exchange is an order of its own on the same file; the sale it undoes stays as it was.
Amounts are thousandths of the currency.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sync.practice import invented
from sync.practice.contact_payload import EPOCH, wire_time
from sync.practice.dice import Dice

Payload = dict[str, Any]

ORDER_BLOCK = 30  # every trap below occurs once in each block of 30 orders
SOLD, REFUND, EXCHANGE = 1, 2, 3  # 2 refunds the sale at 1, 3 replaces it; same file
ABANDONED, ANONYMOUS, RESERVATION, CONFIRMED, OPTION, OPTION_FREED = 4, 5, 6, 7, 8, 9  # 7 confirms 6, 9 frees 8
RENEWAL, UNKNOWN_TYPE, UNKNOWN_STATE, SWISS, FREE, COMPANION, NO_LINES, TRANSFER = 10, 11, 12, 13, 14, 15, 16, 17
MANY, REMARK, TWO_LINES, DESK_REFUND = 18, 19, 20, 21
SAME_FILE_AS = {REFUND: SOLD, EXCHANGE: SOLD, CONFIRMED: RESERVATION, OPTION_FREED: OPTION, DESK_REFUND: TWO_LINES}
TYPES = {
    REFUND: "REFUND_CLIENT", EXCHANGE: "EXCHANGE_CLIENT", RESERVATION: "RESERVATION", OPTION: "OPTION",
    OPTION_FREED: "OPTION_FREEING", RENEWAL: "RENEWAL", UNKNOWN_TYPE: "GIFT_VOUCHER", TRANSFER: "ST_TRANSFER",
    DESK_REFUND: "REFUND_ORGANIZATION",
}  # fmt: skip
ORIGINATORS = ("TICKETSHOP", "TICKETSHOP", "DESK", "FLASH", "TOUCHSCREEN", "RESALE_PLATFORM", "BATCH")
TICKET_MEMBERS = ("ticketId", "barcode", "ticketState", "cancellationCause", "tariffCode")
ABANDONED_STATE = "ABANDONNED"  # the vendor's spelling of the file state; assumed for orders too


def build_order(
    seed: int, index: int, order_id_of: Callable[[int], int], purchaser_of: Callable[[int], str | None]
) -> Payload:
    """Order `index` of a population, traps included."""
    trap = index % ORDER_BLOCK
    dice = Dice(seed, "order", index)
    first = index - trap + SAME_FILE_AS.get(trap, trap)  # the order that opened this file
    purchaser = None if trap in (ABANDONED, ANONYMOUS) else purchaser_of(Dice(seed, "buyer", first).below(10**9))
    created = EPOCH + timedelta(days=400, minutes=11 * index)
    lines = _lines(Dice(seed, "cart", first), trap, index, first)
    amount = sum(line["totalAmount"] for line in lines)
    channel, channel_name = dice.pick(invented.CHANNELS)
    order: Payload = {
        "orderId": order_id_of(index),
        "orderState": {ABANDONED: ABANDONED_STATE, UNKNOWN_STATE: "PARTLY_CLOSED"}.get(trap, "CLOSED"),
        "orderType": TYPES.get(trap, "SALE"),
        "orderOriginator": "DESK" if trap == ANONYMOUS else dice.pick(ORIGINATORS),
        "organizationCode": "PRMAIN",
        "contactReference": purchaser,
        "salesChannelCode": channel,
        "salesChannelName": channel_name,
        "catalogCurrency": {"currencyCode": "CHF" if trap == SWISS else "EUR"},
        "creationDateTime": wire_time(created),
        "referenceDate": wire_time(_accounting_day(created)),
        "expirationDate": wire_time(created + timedelta(minutes=30)),
        "saleAmount": 0 if trap in (RESERVATION, OPTION, OPTION_FREED) else amount,
        "preSaleAmount": 0,
        "reservationAmount": amount if trap == RESERVATION else 0,
        "optionAmount": amount if trap in (OPTION, OPTION_FREED) else 0,
        "waitingAccountBalanceAmount": 0,
        "operationDatas": lines,
        "movementDatas": [unit for line in lines for unit in _movements(dice, line, trap, purchaser)],
    }
    if purchaser is None:
        del order["contactReference"]
    if trap == REMARK:
        order["remark"] = '=HYPERLINK("https://example.org") rang twice; wants <b>aisle</b> seats & a "quiet" row'
    if trap == NO_LINES:
        del order["operationDatas"], order["movementDatas"]
    return order


def _accounting_day(created: datetime) -> datetime:
    """Local midnight expressed in UTC, as S-360 sends it: 23:00 of the day before in winter."""
    return (created - timedelta(days=1)).replace(hour=23, minute=0, second=0, microsecond=0)


def _lines(cart: Dice, trap: int, index: int, first: int) -> list[Payload]:
    wanted = 2 if trap in (TWO_LINES, DESK_REFUND) else 1
    quantity = 48 if trap == MANY else cart.below(4) + 1
    sign = -1 if trap in (REFUND, DESK_REFUND, OPTION_FREED) else 1
    return [_line(cart, trap, index * 10 + place, first, sign * quantity) for place in range(wanted)]


def _line(cart: Dice, trap: int, key: int, first: int, quantity: int) -> Payload:
    show = cart.below(len(invented.SHOWS))
    product, code, full_price, label = invented.SHOWS[show]
    price = 0 if trap == FREE else full_price
    return {
        "operationId": 10_229_300_000_000 + key,
        "kind": "SINGLE_ENTRY",
        "quantity": abs(quantity),
        "basePrice": full_price,
        "unitPrice": price,
        "totalAmount": price * quantity,
        "productId": 10_229_201_108_335 + show,
        "product": product,
        "productCode": code,
        "productFamilyType": "SEASON_TICKET" if trap in (RENEWAL, TRANSFER) else "SINGLE_ENTRY",
        "itemId": 10_229_201_110_052 + show,
        "itemDisplayExternalDesignation": label,
        "performanceId": 10_229_201_109_243 + show,
        "performance": label,
        "eventId": 10_229_201_107_001 + show,
        "audienceSubCategory": "Invitation" if trap == FREE else cart.pick(invented.TARIFFS[:4]),
        "fileId": 812_204 + first,
    }


def _movements(dice: Dice, line: Payload, trap: int, purchaser: str | None) -> list[Payload]:
    """One unit each. A companion's ticket names another person than the purchaser."""
    state = "INVALIDATED" if trap in (REFUND, DESK_REFUND) else "VALID"
    units = []
    for place in range(line["quantity"]):
        key = line["operationId"] * 100 + place
        unit = {
            "movementId": key,
            "operationId": line["operationId"],
            "ticketId": key + 7,
            "barcode": f"{dice.below(10**9):09d}{key:017d}",
            "ticketState": state,
            "cancellationCause": "NOT_CANCELLED",
            "tariffCode": line["audienceSubCategory"].upper().replace(" ", "_"),
        }
        if trap == COMPANION and place and purchaser:
            unit["culturalContactNumber"] = purchaser.lstrip("0")
        units.append(unit)
    return units


def with_granularity(order: Payload, granularity: str) -> Payload:
    """`OPERATIONS`, `MOVEMENTS` or `TICKETS`; each includes the one before. What was not asked for is absent."""
    if granularity == "TICKETS" or "movementDatas" not in order:
        return order
    if granularity == "OPERATIONS":
        return {name: value for name, value in order.items() if name != "movementDatas"}
    units = [{k: v for k, v in unit.items() if k not in TICKET_MEMBERS} for unit in order["movementDatas"]]
    return order | {"movementDatas": units}
