from sync.engine.fields import CONTACT_FIELDS, ORDER_FIELDS, Entity, FieldKind, fields_of, kind_of, spec_of


def test_contact_and_order_fields_do_not_share_a_name():
    assert not CONTACT_FIELDS.keys() & ORDER_FIELDS.keys()


def test_each_registry_belongs_to_its_entity():
    assert fields_of(Entity.CONTACT) is CONTACT_FIELDS
    assert fields_of(Entity.ORDER) is ORDER_FIELDS


def test_open_families_have_a_kind_and_a_readable_label():
    assert (kind_of("consent.NEWSLETTER"), spec_of("consent.NEWSLETTER").label) == (
        FieldKind.CONSENT,
        "Consent NEWSLETTER",
    )
    assert (kind_of("criterion.TASTE"), spec_of("criterion.TASTE").label) == (FieldKind.CODES, "Criterion TASTE")


def test_field_nobody_knows_is_personal_text():
    spec = spec_of("a_field_of_tomorrow")
    assert (spec.kind, spec.personal) == (FieldKind.TEXT, True)


def test_what_identifies_a_person_is_marked_personal():
    personal = {name for name, spec in CONTACT_FIELDS.items() if spec.personal}
    assert {"first_name", "last_name", "email", "mobile_phone", "phone", "birth_date", "address_line1"} <= personal
    assert not {"country", "language", "role", "state"} & personal
    assert not any(spec.personal for spec in ORDER_FIELDS.values())
