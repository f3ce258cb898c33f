"""Column types of our own."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class DecryptionError(Exception):
    """A stored secret cannot be read with any key of FIELD_ENCRYPTION_KEYS; put the old key back beside the new one."""


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def cipher() -> MultiFernet:
    """The cipher for stored secrets: the first key encrypts, every key decrypts, so keys can be rotated."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic only in the stubs
    """Text encrypted at rest with FIELD_ENCRYPTION_KEYS. Empty stays empty; the database never sees the plain text."""

    def get_prep_value(self, value: Any) -> Any:
        if not value:
            return ""
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str:
        if not value:
            return ""
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise DecryptionError(str(self)) from error
