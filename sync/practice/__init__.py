"""The practice S-360: a real HTTP server that behaves like SecuTix S-360, for tests, demos and rehearsals.

It may import the standard library, httpx and orjson; never Django, and nothing else of this project, so that it
stays an independent witness: effects are counted in *its* ledger.
"""

from sync.practice.auth import WebhookAuth
from sync.practice.faults import Fault
from sync.practice.handle import PracticeS360
from sync.practice.population import Population

__all__ = ["Fault", "Population", "PracticeS360", "WebhookAuth"]
