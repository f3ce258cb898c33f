"""A value the CRM does not take: parked under its cause, the value map corrected, released and gone."""

from crm.models import FieldMapping
from sync.models import Cause, OutboxEntry
from sync.services.requeue import requeue_cause
from tests.flows.world import contact_record


def uk(number: str):
    record = contact_record(number)
    record["addresses"][0]["countryCode"] = "UK"
    return record


def test_a_refused_country_is_mapped_and_its_cause_lifted(world):
    world.crm.refuse("country", "UK")
    world.deliver(uk("1"), uk("2"), contact_record("3"))
    world.work()
    cause = Cause.objects.get()
    assert (cause.field, OutboxEntry.objects.filter(cause=cause, state="parked").count()) == ("address_country", 2)
    FieldMapping.objects.filter(field="address_country").update(value_map={"UK": "GB", "*": "*"})
    report = requeue_cause(cause, "operator", "UK is called GB")
    world.push()

    assert report.requeued == 2
    assert [world.crm.contact_by_number(n)["country"] for n in "123"] == ["GB", "GB", "BE"]
    assert world.story(world.contact("1")) == ["received", "parked", "requeued", "pushed"]


def test_a_value_without_an_entry_in_its_map_is_parked_without_a_call_and_names_field_and_value(world):
    FieldMapping.objects.filter(field="address_country").update(value_map={"FR": "France"})
    world.deliver(contact_record())
    world.work()

    cause = Cause.objects.get()
    assert (cause.kind, cause.code, cause.field, cause.value_class) == (
        "misconfigured",
        "value_not_mapped",
        "address_country",
        "BE",
    )
    assert [c for c in world.crm.ledger.calls if "upsert" in c.path] == []


def test_each_value_of_a_list_is_mapped_by_itself(world):
    FieldMapping.objects.create(
        connection=world.connection,
        field="criterion.INTEREST",
        remote_name="criterion_interests",
        value_map={"OPERA": "OPERA", "*": "FAMILY"},
    )
    record = contact_record()
    record["contactCriteria"] = [{"criterionIdCode": "INTEREST", "values": ["OPERA", "CIRCUS"]}]
    world.deliver(record)
    world.work()

    assert set(world.crm.contact_by_number("0048213")["criterion_interests"].split(";")) == {"OPERA", "FAMILY"}
