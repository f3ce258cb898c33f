"""Token endpoint: `POST /oauth/v1/token`, form encoded, refresh_token grant. The secret is the server's fixed token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm.practice.hubspot.errors import error_answer, not_found
from crm.practice.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from crm.practice.core import Core


def token(core: Core, request: Request) -> Answer:
    """A short-lived token for anyone who shows the fixed token as refresh token or client secret."""
    if request.path != "/oauth/v1/token" or request.method != "POST":
        raise not_found()
    form = request.form()
    if form.get("grant_type") not in ("refresh_token", "client_credentials"):
        return error_answer(400, "missing or unknown grant type", "BAD_GRANT_TYPE")
    if not any(core.tokens.knows(form.get(name, "")) for name in ("refresh_token", "client_secret")):
        return error_answer(400, "missing or invalid refresh token", "BAD_REFRESH_TOKEN")
    ttl = core.settings.token_ttl_s
    body = {"access_token": core.tokens.issue(ttl), "token_type": "bearer", "expires_in": int(ttl)}
    return json_answer(200, {**body, "refresh_token": form.get("refresh_token", "")})
