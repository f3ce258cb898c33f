"""Takes out of a log line what must never be in one, whoever wrote it (we, Django, Celery, the web server).

The last net, not the plan: code logs ids. It works on the finished line, so no path around it exists.
"""

import re

# /hooks/<institution>/<stream>/<endpoint>/<secret>/: kept up to the endpoint's id; a path of any other shape may hold
# the secret anywhere, so all of it goes.
_SLASH, _PART = r"(?:/|%2f)", r"[^/\s\"'%]+"
HOOK_SECRET = re.compile(
    rf"(hooks{_SLASH}(?:{_PART}{_SLASH}{_PART}{_SLASH}[0-9a-f]{{12}}{_SLASH})?)[^\s\"'?#\\]+", re.IGNORECASE
)
E_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# PostgreSQL puts the offending row into these lines of an error message.
DATABASE_DETAIL = re.compile(r"(DETAIL|CONTEXT):(?:(?!\\n|\").)*")
CREDENTIAL_IN_URL = re.compile(r"(\w+://)[^/\s\"@]*@")


def scrub(line: str) -> str:
    """The line without hook secrets, e-mail addresses, row details and credentials in addresses."""
    line = HOOK_SECRET.sub(r"\1[secret]", line)
    line = CREDENTIAL_IN_URL.sub(r"\1[credentials]@", line)
    line = E_MAIL.sub("[e-mail]", line)
    return DATABASE_DETAIL.sub(r"\1: [removed]", line)
