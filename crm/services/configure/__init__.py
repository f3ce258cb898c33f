"""Sets the console up from one reviewable description: institutions, webhooks, connections, policies, mapping.

`read_configuration_file(path)` or a hand-made `Configuration` -> `build_plan` -> show it -> `apply_plan`.
"""

from crm.services.configure.apply import PlanOutdatedError, apply_plan
from crm.services.configure.build import build_plan
from crm.services.configure.configuration import Configuration
from crm.services.configure.plan import ChangeKind, ConfigurePlan, Detail, PlannedChange, WebhookUrl
from crm.services.configure.problems import ConfigurationError, ConfigureProblem
from crm.services.configure.read_file import read_configuration, read_configuration_file
from crm.services.configure.secret_refs import SecretSource

__all__ = [
    "ChangeKind",
    "Configuration",
    "ConfigurationError",
    "ConfigurePlan",
    "ConfigureProblem",
    "Detail",
    "PlanOutdatedError",
    "PlannedChange",
    "SecretSource",
    "WebhookUrl",
    "apply_plan",
    "build_plan",
    "read_configuration",
    "read_configuration_file",
]
