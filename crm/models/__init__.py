"""The CRM's side of what we remember: the account, the ties to its records, and its names for our fields."""

from crm.models.binding import Binding
from crm.models.connection import Connection, ConnectionState
from crm.models.field_mapping import FieldMapping
from crm.models.pairing import Pairing

__all__ = ["Binding", "Connection", "ConnectionState", "FieldMapping", "Pairing"]
