"""S-360 -> CRM, the ordinary road, through the door and over real HTTP; effects are counted in the CRM's own ledger."""

from tests.flows.world import contact_record, order_record


def test_a_new_contact_reaches_the_crm_with_its_leading_zeros(world):
    answer = world.deliver(contact_record())
    world.work()

    assert answer == {"received": 1, "accepted": 1, "rejected": 0}
    held = world.crm.contact_by_number("0048213")
    assert held["lastname"] == "Vandenberg"
    assert world.crm.ledger.creates_for("0048213") == 1
    contact = world.contact("0048213")
    assert contact.is_in_crm
    assert contact.agreed["last_name"] == ["Vandenberg", "Vandenberg"]
    assert world.story(contact) == ["received", "pushed"]


def test_the_same_delivery_again_changes_nothing_and_owes_nothing(world):
    world.deliver(contact_record())
    world.work()
    before = world.crm.ledger.writes_for("0048213")
    world.deliver(contact_record())
    world.work()

    assert world.crm.ledger.writes_for("0048213") == before
    assert world.story(world.contact("0048213")) == ["received", "pushed", "unchanged"]


def test_only_what_changed_travels(world):
    world.deliver(contact_record())
    world.work()
    world.deliver(contact_record(individualLastname="Vandenberg-Peeters"))
    world.work()

    assert world.crm.contact_by_number("0048213")["lastname"] == "Vandenberg-Peeters"
    last = world.connection.__class__.objects.get(pk=world.connection.pk)
    assert last.state == "ok"


def test_an_order_waits_for_its_contact_and_frees_itself(world):
    world.deliver(order_record(), stream="orders")
    world.work()
    assert world.crm.orders() == []
    world.deliver(contact_record())
    world.work()

    assert len(world.crm.orders()) == 1
    assert world.story(world.order(10000912204)) == ["received", "released", "pushed"]
