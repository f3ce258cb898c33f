"""Where a secret comes from. The file names an environment variable or another file; it never holds the secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm.services.configure.problems import Unusable

_LIMIT = 4096  # longest secret accepted; a bigger file was named by mistake
_HOW = 'write { env = "NAME_OF_VARIABLE" } or { file = "path" }: secrets do not belong into this file'


class SecretSource:
    """Resolves references. Relative file names start at `directory`, where the configuration lies."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment = environment
        self._directory = directory

    def read(self, value: Any) -> str:
        """The secret behind one reference. Raises Unusable, which names the variable or file and never the secret."""
        if not isinstance(value, Mapping) or len(value) != 1:
            raise Unusable(_HOW)
        ((kind, name),) = value.items()
        if kind not in ("env", "file") or not isinstance(name, str) or not name:
            raise Unusable(_HOW)
        secret = self._from_environment(name) if kind == "env" else self._from_file(name)
        if not secret.isprintable():
            raise Unusable(f"the secret in {name} holds a line break or another character that cannot be sent")
        return secret

    def _from_environment(self, name: str) -> str:
        secret = self._environment.get(name, "").strip()
        if not secret:
            raise Unusable(f"the environment variable {name} is not set; set it for this command and run it again")
        return secret

    def _from_file(self, name: str) -> str:
        try:
            content = (self._directory / name).read_bytes()
        except OSError as error:
            raise Unusable(f"the secret file {name} cannot be read: {error.strerror}") from None
        if not content.strip() or len(content) > _LIMIT:
            raise Unusable(f"the secret file {name} is empty or longer than {_LIMIT} bytes")
        try:
            return content.decode().strip()
        except UnicodeDecodeError:
            raise Unusable(f"the secret file {name} is not UTF-8 text") from None
