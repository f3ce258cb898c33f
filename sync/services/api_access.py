"""Builds the client of one institution's S-360. The only place where the operator's secret is decrypted."""

from urllib.parse import urlsplit

from django.conf import settings

from sync.http.addresses import AddressPolicy, RefusedUrlError
from sync.http.client import shared_client
from sync.models import ApiAccess, Institution
from sync.s360.access import ApiSettings, AuthMode
from sync.s360.api import Permit, always, misconfigured
from sync.s360.client import S360Client
from sync.s360.settings import S360SettingsError
from sync.services.institution_rules import settings_of

FAR_SIDE = "S-360"


def open_client(institution: Institution, *, permit: Permit = always) -> S360Client:
    """Ready to call; HTTP connections and fetched tokens are kept by the process for the next time.

    Build it anew for each piece of work: it then has the secret and settings of that moment. ``permit`` is asked before
    every request. Raises CallFailedError (misconfigured, connection) when no call can be made with what is stored.
    """
    access = read_access(institution)
    try:
        policy = address_policy(access.base_url)
    except RefusedUrlError as error:
        raise misconfigured("address_refused", f"base_url: {error}", field="base_url") from None
    try:
        found = settings_of(institution)
    except S360SettingsError as error:
        raise misconfigured("settings", f"settings of {institution.code}: {error}") from None
    return S360Client(access, found, shared_client(policy, far_side=FAR_SIDE), permit=permit)


def read_access(institution: Institution) -> ApiSettings:
    """The stored access, secret included. Raises CallFailedError naming what is missing, never showing the secret."""
    row = ApiAccess.objects.filter(institution=institution).first()
    if row is None:
        raise misconfigured(
            "api_access_missing", f"{institution.code} has no S-360 API access: enter it in the settings"
        )
    for name, value in (("virtual_operator", row.virtual_operator), ("secret", row.secret)):
        if not value:
            raise misconfigured("api_access_missing", f"the API access of {institution.code} has no {name}", field=name)
    return ApiSettings(
        base_url=row.base_url,
        institution=institution.code,
        operator=row.virtual_operator,
        partner=row.partner,
        secret=row.secret,
        auth_mode=AuthMode(row.auth_mode),
    )


def address_policy(base_url: str) -> AddressPolicy:
    """Exactly this host, where the installation's allow-list (if any) has it. Raises RefusedUrlError.

    S-360 is on the internet; private addresses are for a rehearsal and need ALLOW_PRIVATE_HOSTS.
    """
    policy = AddressPolicy.for_urls([base_url], allow_private=settings.ALLOW_PRIVATE_HOSTS)
    if urlsplit(base_url).query:
        raise RefusedUrlError("the address must not hold a question mark")
    allowed = frozenset(settings.OUTGOING_ALLOWED_HOSTS)
    strangers = policy.hosts - allowed if allowed else frozenset()
    if strangers:
        raise RefusedUrlError(f"{', '.join(sorted(strangers))} is not in OUTGOING_ALLOWED_HOSTS")
    policy.accept(base_url)
    return policy
