"""As whom does PostgreSQL run? It refuses to be root, and it refuses a user without a name.

1. an ordinary user with a name: directly;
2. root, or a user without a name (`docker run --user 4321`), where user namespaces are allowed: inside one where the
   server sees itself as a named account and all files stay ours. No extra user, no changed modes, works in a directory
   only root may enter;
3. root, namespaces refused (chroots, many containers): as `postgres` or `nobody`, whose data must then lie where that
   user can reach it (see `config/embedded/refuge.py`).

EMBEDDED_POSTGRES_AS=direct|namespace|account forces one of them (tests do).
"""

import grp
import os
import pwd
import subprocess
from dataclasses import dataclass
from functools import cache

from config.embedded.errors import EmbeddedServerError


@dataclass(frozen=True, slots=True)
class Identity:
    """`prefix` goes before every PostgreSQL command; `owner` (uid, gid) must own its files, None means: as they are."""

    kind: str
    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None


@cache
def postgres_identity() -> Identity:
    """Raises EmbeddedServerError when none of the three is possible."""
    forced = os.environ.get("EMBEDDED_POSTGRES_AS")
    if forced == "direct" or (not forced and os.geteuid() != 0 and has_name(os.geteuid())):
        return Identity("direct")
    if forced == "namespace" or (not forced and namespaces_allowed()):
        return Identity("namespace", namespace())
    if os.geteuid() != 0:
        raise EmbeddedServerError(
            f"PostgreSQL refuses user {os.geteuid()}, which has no name here: "
            "add it to /etc/passwd, or set DATABASE_URL and REDIS_URL to servers of your own"
        )
    return _account_identity()


def namespace() -> tuple[str, ...]:
    """The command that shows a program to itself as one of the system's named accounts."""
    account = _first_account("postgres", "daemon", "nobody")
    return ("unshare", "--user", f"--map-user={account.pw_uid}", f"--map-group={account.pw_gid}")


def namespaces_allowed() -> bool:
    try:
        return subprocess.run([*namespace(), "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _account_identity() -> Identity:
    account = _first_account("postgres", "nobody")
    group = grp.getgrgid(account.pw_gid).gr_name
    prefix = ("setpriv", f"--reuid={account.pw_name}", f"--regid={group}", "--clear-groups")
    return Identity("account", prefix, (account.pw_uid, account.pw_gid))


def _first_account(*names: str) -> pwd.struct_passwd:
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError(f"none of the accounts {', '.join(names)} exists: add one to /etc/passwd")
