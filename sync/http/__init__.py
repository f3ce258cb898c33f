"""The one way out: HTTP calls to S-360 and to CRMs, guarded in the same way.

Imports the engine and ordinary libraries only; never Django, models or a wire format.
"""
