"""HubSpot over plain HTTP: batch upsert by a unique property, results matched by trace id, links made afterwards.

Wire facts are from HubSpot's public API reference (developers.hubspot.com: CRM objects, properties, associations,
search, error handling; dated version 2026-03).
"""
