"""Everything that knows one CRM's wire: the contract all CRMs plug into, the HTTP client they share, one package a CRM.

May import `sync.engine` and ordinary libraries; never Django, models or services, so that a connector is tested with a
list in and a list out.
"""
