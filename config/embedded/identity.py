"""As whom does PostgreSQL run? It refuses to be root.

1. not root: directly;
2. root, user namespaces allowed: inside one where the server sees itself as user 1000 and all files stay root's.
   No extra user, no changed modes, works in a directory only root may enter;
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

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


@dataclass(frozen=True, slots=True)
class Identity:
    """`prefix` goes before every PostgreSQL command; `owner` (uid, gid) must own its files, None means: as they are."""

    kind: str
    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None


@cache
def postgres_identity() -> Identity:
    forced = os.environ.get("EMBEDDED_POSTGRES_AS")
    if forced == "direct" or (not forced and os.geteuid() != 0):
        return Identity("direct")
    if forced == "namespace" or (not forced and namespaces_allowed()):
        return Identity("namespace", NAMESPACE)
    return _account_identity()


def namespaces_allowed() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _account_identity() -> Identity:
    account = next(user for name in ("postgres", "nobody") if (user := _account(name)))
    group = grp.getgrgid(account.pw_gid).gr_name
    prefix = ("setpriv", f"--reuid={account.pw_name}", f"--regid={group}", "--clear-groups")
    return Identity("account", prefix, (account.pw_uid, account.pw_gid))


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
