"""Takes all figures, one area after the other; some fifteen bounded statements in all."""

from dataclasses import replace

from sync.models import Contact, Institution, Order, Target
from sync.services.figures.alarms import alarms
from sync.services.figures.causes import cause_figures
from sync.services.figures.counting import size_of
from sync.services.figures.door import door_figures, stream_figures
from sync.services.figures.far_side import connections
from sync.services.figures.lanes import lane_figures
from sync.services.figures.shapes import Figures
from sync.services.figures.surroundings import database_now, part_figures, run_figures
from sync.services.pace import budgets


def collect_figures() -> Figures:
    """The state of the bridge. Reads only; not one transaction, so figures of neighbouring areas may differ by a
    moment."""
    now = database_now()
    known = connections()
    stopped = sorted({i for c in known if not c.is_flowing for i in c.institution_ids})
    lanes = lane_figures(stopped)
    figures = Figures(
        taken_at=now,
        institution_count=Institution.objects.count(),
        contacts=size_of(Contact),
        orders=size_of(Order),
        door=door_figures(),
        outbound=lanes[Target.CRM],
        inbound=lanes[Target.S360],
        streams=stream_figures(now),
        connections=known,
        budgets=budgets(),
        causes=cause_figures(),
        runs=run_figures(),
        parts=part_figures(),
    )
    return replace(figures, alarms=alarms(figures))
