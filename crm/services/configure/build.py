"""From a configuration to a plan: reads the database, changes nothing."""

from __future__ import annotations

from collections.abc import Collection

from crm.services.configure.configuration import Configuration
from crm.services.configure.draft import Draft
from crm.services.configure.plan import ConfigurePlan
from crm.services.configure.plan_connections import plan_connections, plan_unlisted_connections
from crm.services.configure.plan_institutions import plan_institutions
from crm.services.configure.problems import Problems


def build_plan(configuration: Configuration, *, rotate: Collection[str] = ()) -> ConfigurePlan:
    """What applying the configuration would add, change and remove.

    `rotate` names webhooks as `INSTITUTION/NAME`: each gets a new URL, the old one stays valid for a while. Raises
    ConfigurationError with every fault: a webhook that is not there, a connection nobody knows, a change that would
    tear records from their ties. Changes nothing; safe to repeat.
    """
    problems = Problems(configuration.text)
    draft = Draft(problems)
    wanted = set(rotate)
    plan_connections(draft, configuration)
    leaving = plan_institutions(draft, configuration, wanted)
    plan_unlisted_connections(draft, configuration, leaving)
    for name in sorted(wanted):  # the planners have taken out those they found
        problems.note((), "--rotate", f"{name}: the configuration has no such webhook; write INSTITUTION/NAME")
    problems.raise_any()
    return ConfigurePlan(configuration, tuple(draft.changes), tuple(draft.notes), tuple(rotate))
