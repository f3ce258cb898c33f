"""Everything that knows one CRM's wire: the contract all CRMs plug into, one package a CRM.

May import `sync.engine`, `sync.http` and ordinary libraries; never Django, models or services, so that a connector is
tested with a list in and a list out.
"""
