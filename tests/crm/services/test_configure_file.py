"""Reading a configuration: every fault at once, each with its place and the way out, and no secret ever repeated."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.services.configure import ConfigurationError, SecretSource, read_configuration, read_configuration_file
from crm.services.configure.locate import line_of

ENVIRONMENT = {"TOKEN": "invented-token", "EMPTY": "  ", "BROKEN": "two\nlines"}
CONNECTION = """
[connections.crm]
connector = "hubspot"
[connections.crm.secrets]
access_token = { env = "TOKEN" }
"""


def read(text: str, directory: Path = Path()):
    return read_configuration(text, SecretSource(ENVIRONMENT, directory))


def faults(text: str, directory: Path = Path()) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        read(text, directory)
    return [str(problem) for problem in refused.value.problems]


def fault(text: str, directory: Path = Path()) -> str:
    (only,) = faults(text, directory)
    return only


def test_unknown_key_is_refused_with_line_section_and_nearest_known_key():
    text = '[institutions.MYVENUE]\nname = "My Venue"\ntimezome = "UTC"\n'
    assert fault(text) == "line 3, [institutions.MYVENUE] timezome: unknown key; did you mean timezone?"


def test_unknown_section_is_refused():
    assert fault("[institution.MYVENUE]\n") == "line 1, institution: unknown key; did you mean institutions?"


def test_unknown_key_like_nothing_known_lists_what_is_known():
    shown = fault(CONNECTION + "[connections.crm.mapping]\nzzz = 1\n")
    assert shown.endswith("zzz: unknown key; known here: contact, manage, order, preset")


def test_all_faults_are_found_in_one_reading():
    text = """
base_url = "console"
[institutions.MYVENUE]
webhook_interval_minutes = 2000
is_enabled = "yes"
[institutions.MYVENUE.settings]
order_revenue_state = ["CLOSED"]
json_amount_divisor = 0
[institutions.MYVENUE.webhooks.contacts]
allowed_networks = ["192.0.2.1/24"]
[institutions.MYVENUE.policies.contact]
mail = { direction = "both" }
email = { direction = "sideways" }
"""
    found = faults(text)
    assert [int(each.split(",")[0].removeprefix("line ")) for each in found] == [2, 4, 5, 7, 8, 10, 12, 13]
    assert "write a whole number from 1 to 1440" in found[1]
    assert "did you mean order_revenue_states?" in found[3]
    assert "has host bits set" in found[5]
    assert "no such field; did you mean email?" in found[6]
    assert "write one of both, to_crm, to_s360, none" in found[7]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ('"invented-token"', "secrets do not belong into this file"),
        ('{ env = "ABSENT" }', "the environment variable ABSENT is not set"),
        ('{ env = "EMPTY" }', "the environment variable EMPTY is not set"),
        ('{ env = "BROKEN" }', "the secret in BROKEN holds a line break"),
        ('{ vault = "x" }', "secrets do not belong into this file"),
        ('{ file = "absent.txt" }', "the secret file absent.txt cannot be read: No such file or directory"),
    ],
)
def test_secret_that_cannot_be_had_is_named_and_never_shown(reference, words):
    shown = fault(f'[connections.crm]\nconnector = "hubspot"\n[connections.crm.secrets]\naccess_token = {reference}\n')
    assert words in shown
    assert "access_token" in shown
    assert "invented" not in shown
    assert "two" not in shown


def test_secret_file_is_read_beside_the_configuration(tmp_path):
    (tmp_path / "token.txt").write_text("from-a-file\n")
    text = CONNECTION.replace('env = "TOKEN"', 'file = "token.txt"')
    assert read(text, tmp_path).connections.items[0].secrets == {"access_token": "from-a-file"}


def test_secrets_stay_out_of_every_repr():
    text = (
        CONNECTION
        + """
[institutions.V.api]
base_url = "https://v.ws.secutix.com"
virtual_operator = "V_CRM"
secret = { env = "TOKEN" }
[institutions.V.webhooks.contacts]
auth_mode = "bearer"
auth_secret = { env = "TOKEN" }
"""
    )
    assert "invented-token" not in repr(read(text))


def test_unknown_connector_names_those_that_exist():
    shown = fault('[connections.crm]\nconnector = "hubspott"\n')
    assert "write one of generic_rest, hubspot" in shown
    assert "did you mean hubspot?" in shown


def test_setting_the_connector_refuses_is_a_fault_of_that_setting():
    text = CONNECTION + '[connections.crm.settings]\nbase_url = "https://crm.example.org"\nbatch_size = "many"\n'
    shown = fault(text)
    assert shown.startswith("line 8, [connections.crm.settings] batch_size: write a whole number")


def test_basic_credential_needs_its_user():
    assert "auth_name: missing" in fault('[institutions.V.webhooks.contacts]\nauth_mode = "basic"\n')


def test_credential_without_a_mode_is_a_fault():
    text = '[institutions.V.webhooks.contacts]\nauth_secret = { env = "TOKEN" }\n'
    assert "only used with auth_mode" in fault(text)


def test_webhook_with_a_name_of_its_own_says_what_it_receives():
    assert "stream: missing" in fault("[institutions.V.webhooks.newsletter]\n")


def test_column_map_is_for_export_streams_and_names_real_fields():
    assert "only for export-contacts" in fault('[institutions.V.webhooks.contacts]\ncolumn_map = { a = "email" }\n')
    assert "'e-mail'" in fault('[institutions.V.webhooks.export-contacts]\ncolumn_map = { a = "e-mail" }\n')


def test_confirmed_fields_must_exist():
    assert "mail: no such field" in fault('[institutions.V.webhooks.contacts]\nconfirm_fields = ["mail"]\n')


def test_mapping_of_a_family_keeps_its_codes_apart():
    shown = fault(CONNECTION + '[connections.crm.mapping.contact]\n"consent.*" = "optin"\n')
    assert "must hold {code}" in shown
    assert "name one code" in fault(CONNECTION + '[connections.crm.mapping.contact]\n"consent.N*" = "optin"\n')
    read(CONNECTION + '[connections.crm.mapping.contact]\n"consent.*" = "optin_{code}"\n')


def test_policy_that_contradicts_itself_is_a_fault():
    shown = fault('[institutions.V.policies.contact]\n"consent.SMS" = { blank = "clear" }\n')
    assert "a consent is never blanked" in shown


def test_value_where_a_table_belongs_is_a_fault():
    assert "write a table here" in fault('institutions = "MYVENUE"\n')
    assert "write a table of its own" in fault('[institutions]\nMYVENUE = "My Venue"\n')
    assert "write to_crm" not in fault('[institutions.V.policies.contact]\nemail = "to_crm"\n')


@pytest.mark.parametrize("share", ["0.666", "0", "1.5", "nan", "true", '"much"'])
def test_budget_share_is_a_share(share):
    text = (
        f'[institutions.V.api]\nbase_url = "https://v.ws.secutix.com"\nvirtual_operator = "V"\nbudget_share = {share}\n'
    )
    assert "write a share from 0.01 to 1" in fault(text)


def test_file_that_is_no_toml_is_refused_with_the_parsers_place():
    assert fault("[institutions\n").startswith("not a TOML file:")
    assert "line 1" in fault("[institutions\n")


def test_file_that_cannot_be_read_is_refused(tmp_path):
    for content, words in ((None, "cannot be read"), (b"\xff", "not UTF-8"), (b"#" * 1_048_577, "larger than")):
        path = tmp_path / "venue.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigurationError, match=words):
            read_configuration_file(path)


def test_byte_order_mark_of_an_editor_is_harmless(tmp_path):
    path = tmp_path / "venue.toml"
    path.write_text("\ufeff[institutions.V]\n", encoding="utf-8")
    assert read_configuration_file(path).institutions.items[0].code == "V"


def test_line_of_finds_tables_keys_and_inline_tables():
    text = 'a = 1\n[b."c.d"]\n"e=f" = { g = 1 }\n# [x]\n[h]  # a remark\ni.j = 2\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("b", "c.d")) == 2
    assert line_of(text, ("b", "c.d", "e=f")) == 3
    assert line_of(text, ("b", "c.d", "e=f", "g")) == 3
    assert line_of(text, ("h", "i", "j")) == 6
    assert line_of(text, ("h", "other")) == 5
    assert line_of(text, ("nowhere",)) == 0


@given(st.text(max_size=200), st.lists(st.text(max_size=10), max_size=3))
def test_line_of_never_fails_whatever_the_text(text, path):
    assert 0 <= line_of(text, tuple(path)) <= len(text.splitlines())


@given(
    st.dictionaries(
        st.sampled_from(["institutions", "connections", "base_url", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.dictionaries(
                    st.sampled_from(["V", "webhooks", "contacts", "settings", "mapping", "policies", "api", "manage"]),
                    inner,
                )
                | st.lists(inner, max_size=2)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_shape_of_document_is_read_or_refused(document):
    text = "\n".join(f"{name} = {_toml(value)}" for name, value in document.items())
    with contextlib.suppress(ConfigurationError):  # any other exception is a fault
        read(text)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(character for character in value if character.isalnum()) + '"'
    return "0" if value is None else str(value).lower()
