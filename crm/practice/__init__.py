"""The practice CRM: a real HTTP server that plays a CRM, misbehaves on demand and counts what really happened to it.

It imports the standard library and orjson only, so that it runs as its own process beside the console
(`python -m crm.practice`) or inside a test (`with PracticeCrm(token="t") as crm:`).
"""

from crm.practice.handle import PracticeCrm
from crm.practice.process import PracticeCrmProcess

__all__ = ["PracticeCrm", "PracticeCrmProcess"]
