"""A TOML file as a `Configuration`: every fault in it is found in one reading, and nothing is half read.

Asked by the command, the admin and the REST API. To add a section: a dataclass in `configuration`, a `read_...` module,
a planner in `plan_...`, a paragraph in the sample file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from crm.services.configure import readers
from crm.services.configure.configuration import Configuration, ConnectionConfig, InstitutionConfig, Listing
from crm.services.configure.problems import ConfigurationError, ConfigureProblem, Problems
from crm.services.configure.read_connection import read_connection
from crm.services.configure.read_institution import read_institution
from crm.services.configure.secret_refs import SecretSource
from crm.services.configure.table import Table

_SIZE_LIMIT = 1024 * 1024  # bytes; a configuration is some hundred lines, so a bigger file was named by mistake


def read_configuration_file(path: Path, environment: Mapping[str, str] | None = None) -> Configuration:
    """Reads and checks one file. Raises ConfigurationError with every fault, also where the file cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _whole_file_error(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _SIZE_LIMIT:
        raise _whole_file_error(f"{path} is larger than a configuration can be ({_SIZE_LIMIT} bytes)")
    try:
        text = content.decode("utf-8-sig")  # an editor's byte order mark is harmless
    except UnicodeDecodeError as error:
        raise _whole_file_error(f"{path} is not UTF-8 text (byte {error.start})") from None
    source = SecretSource(os.environ if environment is None else environment, path.parent)
    return read_configuration(text, source, name=path.name)


def read_configuration(text: str, secrets: SecretSource, *, name: str = "configuration") -> Configuration:
    """Reads and checks a configuration given as text. Raises ConfigurationError with every fault."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _whole_file_error(f"not a TOML file: {error}") from None
    problems = Problems(text)
    root = Table((), document, problems)
    base_url = root.read("base_url", readers.web_address, "")
    connections = _connections(root.table("connections"), secrets)
    institutions = _institutions(root.table("institutions"), secrets)
    root.finish()
    problems.raise_any()
    return Configuration(institutions, connections, base_url, name, text)


def _connections(table: Table | None, secrets: SecretSource) -> Listing[ConnectionConfig]:
    if table is None:
        return Listing()
    is_complete = table.is_complete()
    read = [read_connection(name, each, secrets) for name, each in table.tables()]
    return Listing(tuple(each for each in read if each is not None), is_complete)


def _institutions(table: Table | None, secrets: SecretSource) -> Listing[InstitutionConfig]:
    if table is None:
        return Listing()
    is_complete = table.is_complete()
    return Listing(tuple(read_institution(code, each, secrets) for code, each in table.tables()), is_complete)


def _whole_file_error(message: str) -> ConfigurationError:
    return ConfigurationError([ConfigureProblem("", "", message)])
