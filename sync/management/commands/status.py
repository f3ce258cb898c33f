"""The figures of the home page, on a terminal."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from sync.services.figures import Figures, collect_figures
from sync.services.figures.durations import duration
from sync.services.figures.shapes import DoorFigures, LaneFigures, RunFigures, StreamFigures


class Command(BaseCommand):
    help = "Prints what the home page shows: both lanes, streams, connections, parked work, last runs. Reads only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object, for scripts and monitoring.")

    def handle(self, *args: Any, **options: Any) -> None:
        figures = collect_figures()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(figures), cls=DjangoJSONEncoder))
            return
        for line in report(figures):
            self.stdout.write(line)


def report(figures: Figures) -> list[str]:
    """The figures as lines of plain text."""
    return [
        *_headline(figures),
        "",
        f"Outbound   S-360 -> console  {_door(figures.door)}",
        f"           console -> CRM    {_lane(figures.outbound)}",
        f"Inbound    CRM -> S-360      {_inbound(figures.inbound)}",
        "",
        *(_stream(stream) for stream in figures.streams),
        *(f"Connection {c.name}: {c.state_label}{f' ({c.reason})' if c.reason else ''}" for c in figures.connections),
        *(
            f"API        {b.institution}: {b.spent_this_minute} of {b.ours_per_minute} calls this minute"
            for b in figures.budgets
        ),
        *(f"Parked     {c.title}: {c.entries} entries, {c.records} records. {c.advice}" for c in figures.causes),
        *_runs(figures),
    ]


def _headline(figures: Figures) -> list[str]:
    if figures.is_empty:
        return ["Nothing is set up yet: create an institution, a webhook URL and a CRM connection."]
    held = f"{figures.contacts} contacts, {figures.orders} orders."
    if not figures.alarms:
        return [f"All is well. {held}"]
    return [held, *(f"{alarm.level.value.upper()}: {alarm.title} {alarm.advice}" for alarm in figures.alarms)]


def _door(door: DoorFigures) -> str:
    return f"{door.records_per_minute:,} records/min, {door.records_waiting:,} to apply, {door.records_parked} parked"


def _lane(lane: LaneFigures) -> str:
    delay = "" if lane.delay_p50_seconds is None else f", delay {duration(lane.delay_p50_seconds)}"
    held = f", {lane.held} wait for their contact" if lane.held else ""
    return (
        f"{lane.per_minute:,} records/min{delay}, {lane.waiting} waiting{held}, {lane.in_flight} in flight, "
        f"{lane.uncertain} uncertain, {lane.parked} parked"
    )


def _inbound(lane: LaneFigures) -> str:
    return _lane(lane) if lane.is_switched_on else "not switched on yet"


def _stream(stream: StreamFigures) -> str:
    name = f"{stream.institution} {stream.label.lower()}"
    last = "never" if stream.seconds_since_delivery is None else f"{duration(stream.seconds_since_delivery)} ago"
    refused = f", {stream.refused_in_a_row:,} refused in a row" if stream.refused_in_a_row else ""
    return f"Stream     {name}: last delivery {last}, every {stream.interval_minutes} min{refused}"


def _runs(figures: Figures) -> list[str]:
    return [_run(run) for run in figures.runs]


def _run(run: RunFigures) -> str:
    return (
        f"Run        {run.run_id} {run.institution} {run.label.lower()}: {run.record_count} records = "
        f"{run.succeeded_count} succeeded + {run.warning_count} with warnings + {run.error_count} with errors "
        f"+ {run.timeout_count} with timeout + {run.not_processed_count} not processed"
    )
