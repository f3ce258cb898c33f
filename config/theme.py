"""How the admin looks and what its sidebar offers. `settings.UNFOLD` takes this as it stands.

Names of callables are given as text: settings are read before Django's applications exist.
"""

from typing import Any, Final

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

_BLUE: Final = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .214 259.8)",
    "600": "oklch(54.6% .245 262.9)",
    "700": "oklch(48.8% .243 264.4)",
    "800": "oklch(42.4% .199 265.6)",
    "900": "oklch(37.9% .146 265.5)",
    "950": "oklch(28.2% .091 267.9)",
}
THEME: Final[dict[str, Any]] = {
    "SITE_TITLE": "S-360 console",
    "SITE_HEADER": "S-360 console",
    "SITE_SUBHEADER": "Between S-360 and the CRM",
    "SITE_SYMBOL": "sync_alt",
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "config.dashboard.dashboard_callback",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "COLORS": {"primary": _BLUE},
    "STYLES": ["config.theme.stylesheet"],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "config.theme.navigation"},
}
# (title of the group, items); an item is (title, icon, model as app_label.model)
_GROUPS: Final = (
    (
        "Records",
        (
            ("Contacts", "person", "sync.contact"),
            ("Orders", "receipt_long", "sync.order"),
        ),
    ),
    (
        "Flow",
        (
            ("Parked, by cause", "front_hand", "sync.cause"),
            ("Outbox", "outbox", "sync.outboxentry"),
            ("Attempts", "swap_horiz", "sync.attempt"),
            ("Runs", "event_repeat", "sync.syncrun"),
            ("Deliveries", "move_to_inbox", "sync.delivery"),
            ("Delivery records", "list_alt", "sync.deliveryrecord"),
        ),
    ),
    (
        "S-360 side",
        (
            ("Institutions", "theater_comedy", "sync.institution"),
            ("Webhook URLs", "webhook", "sync.webhookendpoint"),
            ("API access", "key", "sync.apiaccess"),
            ("Pace to S-360", "speed", "sync.pacebucket"),
            ("Allowances", "trending_up", "sync.allowance"),
            ("Field policies", "rule", "sync.fieldpolicy"),
        ),
    ),
    (
        "CRM side",
        (
            ("Connections", "hub", "crm.connection"),
            ("Pairings", "link", "crm.pairing"),
            ("Field mapping", "conversion_path", "crm.fieldmapping"),
            ("Bindings", "join_inner", "crm.binding"),
        ),
    ),
    (
        "People",
        (
            ("Users", "group", "auth.user"),
            ("Roles", "badge", "auth.group"),
            ("What people did", "history", "sync.operatoraction"),
        ),
    ),
)


def stylesheet(request: HttpRequest) -> str:
    """Our own classes, all beginning with `c-`; the theme's stylesheet holds only what the theme itself uses."""
    return static("config/console.css")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: what this person may see, in the order of a working day."""
    home = {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, items in _GROUPS:
        allowed = [_item(*item) for item in items if _may_see(request, item[2])]
        if allowed:
            groups.append({"title": title, "items": allowed})
    return groups


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")}


def _may_see(request: HttpRequest, model: str) -> bool:
    app, _, name = model.partition(".")
    return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")
