"""What the documentation promises is compared with the code, so that neither can move alone."""

import ast
import re
import subprocess
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from config import checks
from crm.connectors.hubspot.settings import settings_schema
from crm.models import ConnectionState
from sync.engine import transitions
from sync.models import FailureKind, Lifecycle
from sync.s360.settings import S360Settings
from sync.services.figures import advice

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
APPS = ("config", "sync", "crm", "reconciliation")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
# Read by Django, pytest or a library on its own, and explained where they are used.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PATH_INFO", "REQUEST_METHOD", "CONTENT_LENGTH"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows_of(name: str) -> list[list[str]]:
    return [[cell.strip() for cell in row.split("|")] for row in ROW.findall(text_of(name))]


def first_cells(name: str) -> set[str]:
    """Every `name` quoted in the first column of a table."""
    return {quoted for row in rows_of(name) for quoted in re.findall(r"`([^`]+)`", row[0])}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.fail("the tracked files cannot be listed: these tests run in a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def environment_names() -> set[str]:
    """Names read by `environment.<reader>("NAME", ...)` and `os.environ.get("NAME")` in the product's own code."""
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return {name for path in sources for name in _names_read(ast.parse(path.read_text(encoding="utf-8")))} - NOT_OURS


def _names_read(tree: ast.AST) -> list[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    readers = [call for call in calls if _asks_environment(call.func)]
    given = [call.args[0].value for call in readers if call.args and isinstance(call.args[0], ast.Constant)]
    return [name for name in given if isinstance(name, str) and name.isupper()]


def _asks_environment(function: ast.expr) -> bool:
    assert isinstance(function, ast.Attribute)
    owner = ast.unparse(function.value)
    return owner == "environment" or (owner == "os.environ" and function.attr in ("get", "setdefault"))


def test_every_environment_setting_is_documented():
    known = environment_names()
    assert {"DATABASE_URL", "SECRET_KEY", "LOG_LEVEL", "WEB_THREADS"} <= known
    assert known - first_cells("docs/settings.md") == set()


def test_every_documented_environment_setting_exists():
    documented = {name for name in first_cells("docs/settings.md") if name.isupper()}
    assert documented - environment_names() == set()


def test_every_s360_setting_is_documented_with_its_default():
    told = {row[0].strip("`"): row[1] for row in rows_of("docs/settings.md") if len(row) == 3}
    for setting in fields(S360Settings):
        assert setting.name in told, f"docs/settings.md does not mention {setting.name}"
        if setting.default is not MISSING and isinstance(setting.default, bool | int):
            assert told[setting.name] == f"`{str(setting.default).lower()}`", setting.name


def test_every_documented_s360_setting_exists():
    section = text_of("docs/settings.md").split("## S-360 settings of an institution")[1].split("\n## ")[0]
    documented = {re.findall(r"`([^`]+)`", row)[0] for row in ROW.findall(section) if row.strip().startswith("`")}
    assert documented == {setting.name for setting in fields(S360Settings)}


def test_settings_named_in_the_protocol_page_exist():
    known = {setting.name for setting in fields(S360Settings)}
    others = {
        "auth_mode",
        "auth_name",
        "auth_secret",
        "allowed_networks",
        "calls_per_minute",
        "budget_share",
        "timezone",
    }
    assumptions = [row for row in rows_of("docs/s360-protocol.md") if re.fullmatch(r"A\d+", row[0])]
    assert [row[0] for row in assumptions] == [f"A{number}" for number in range(1, 41)]
    for row in assumptions:
        now = row[3].split("next:")[0]
        assert set(re.findall(r"`([^`]+)`", now)) <= known | others, row[0]


def test_every_hubspot_setting_is_documented():
    assert {field.name for field in settings_schema() if field.kind != "secret"} <= first_cells("docs/connectors.md")


def commands() -> set[str]:
    found = [path for app in APPS for path in (ROOT / app / "management" / "commands").glob("*.py")]
    return {path.stem for path in found} - {"__init__", "prepare"}  # prepare is the supervisor's own


def test_every_management_command_is_documented():
    told = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *DOCS.rglob("*.md")])
    for command in commands():
        assert f"manage.py {command}" in told, f"no page mentions manage.py {command}"


def test_every_documented_management_command_exists():
    known = commands() | {"check", "migrate", "changepassword", "collectstatic", "createsuperuser"}
    for path in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        used = set(re.findall(r"manage\.py ([a-z0-9_]+)", path.read_text(encoding="utf-8")))
        assert used <= known, f"{path.name} mentions {sorted(used - known)}"


def test_make_targets_of_every_page_exist():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for path in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        used = set(re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z]+)", path.read_text(encoding="utf-8")))
        assert used <= targets, f"{path.name} mentions {sorted(used - targets)}"


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("Outbox entry", transitions.OUTBOX_MOVES),
        ("Delivery", transitions.DELIVERY_MOVES),
        ("Delivery record", transitions.RECORD_MOVES),
    ],
)
def test_tables_and_pictures_of_states_are_the_code(heading, moves):
    section = text_of("docs/states.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [tuple(cell.strip() for cell in row.split("|")) for row in ROW.findall(section)]
    told = {(row[0], row[1]): row[2] for row in rows if len(row) == 3 and row[0] not in ("from", "---")}
    assert told == {(str(a), str(b)): why for (a, b), why in moves.items()}
    drawn = {tuple(arrow) for arrow in re.findall(r"^    (\w+) --> (\w+)$", section, re.MULTILINE)}
    assert drawn == {(str(a), str(b)) for a, b in moves}


@pytest.mark.parametrize(
    "states",
    [
        transitions.OutboxState,
        transitions.OutboxOutcome,
        transitions.DeliveryState,
        transitions.RecordState,
        transitions.RecordOutcome,
        ConnectionState,
        Lifecycle,
    ],
)
def test_every_state_and_outcome_is_explained(states):
    explained = {row[0] for row in rows_of("docs/states.md")}
    assert {str(state.value) for state in states} - explained == set()


def test_every_kind_of_failure_is_explained():
    assert {kind.value for kind in FailureKind} <= {row[0] for row in rows_of("docs/glossary.md")}


def test_every_cause_with_advice_of_its_own_is_in_the_runbook():
    quoted = set(re.findall(r"`([^`]+)`", text_of("docs/runbook.md")))
    assert set(advice._BY_CODE) | set(advice._TITLES) <= quoted


def test_every_refusal_of_the_door_is_in_the_runbook_or_among_its_others():
    told = text_of("docs/runbook.md")
    for code in ("credential_wrong", "too_many_records", "body_too_large", "media_type", "body_not_json", "body_cut"):
        assert code in told


def test_every_check_of_the_settings_is_named_where_operators_look():
    assert "`console.E001` to `E009`" in text_of("docs/runbook.md")
    assert max(re.findall(r"E0\d\d", Path(checks.__file__).read_text(encoding="utf-8"))) == "E009"


def test_links_between_pages_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]:
        for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                name, _, anchor = link.partition("#")
                target = path.parent / name if name else path
                assert target.exists(), f"{path.name} links to {link}"
                assert not anchor or anchor in anchors(target), f"{path.name} links to {link}"


def anchors(path: Path) -> set[str]:
    """The names GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_listed():
    listed = text_of("docs/decisions/README.md")
    for path in (DOCS / "decisions").glob("0*.md"):
        assert path.name in listed
        assert path.read_text(encoding="utf-8").startswith(f"# {int(path.name[:4])}. ")


def test_pages_named_in_the_code_exist():
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    for path in [*sources, ROOT / "Makefile"]:
        for name in re.findall(r"(?<![\w/.])docs/[\w/.-]+\.(?:md|toml|png)", path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{path.relative_to(ROOT)} mentions {name}"


# Each is written in two parts, so that this list is not found by its own test.
FORBIDDEN = [
    r"/wo" + r"rk/(?:main|shared)",
    r"/tm" + r"p/brief",
    r"\.\./sha" + r"red",
    r"(?<![\w/])/ro" + r"ot/",
    r"\bTO" + r"DO\b",
    r"\bFIX" + r"ME\b",
    r"NotImplemented" + r"Error",
]


def test_nothing_tracked_names_this_machine_or_unfinished_work():
    pattern = re.compile("|".join(FORBIDDEN))
    found = []
    for path in tracked_files():
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(content)]
    assert found == []
