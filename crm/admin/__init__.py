"""The screens of the CRM's side, and what it adds to the pages of contacts and orders."""

from crm.admin import bindings, connections, far_side, mappings, pairings

__all__ = ["bindings", "connections", "far_side", "mappings", "pairings"]
