"""What people did: who, when, why, to what. Append-only."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from sync.admin.base import PageAdmin
from sync.admin.filters import age_filter
from sync.admin.page import Fact, Page, Section
from sync.models import OperatorAction
from sync.words import when


@admin.register(OperatorAction)
class OperatorActionAdmin(PageAdmin):
    list_display = ("id_shown", "time", "actor", "what", "subject", "reason")
    list_filter = (age_filter("at"),)
    list_display_links = ("id_shown",)
    ordering = ("-id",)
    sortable_by = ()

    @admin.display(description="Line")
    def id_shown(self, action: OperatorAction) -> str:
        return str(action.pk)

    @admin.display(description="When")
    def time(self, action: OperatorAction) -> Any:
        return when(action.at)

    @admin.display(description="What")
    def what(self, action: OperatorAction) -> str:
        return action.verb.replace("_", " ")

    def page(self, request: HttpRequest, row: OperatorAction) -> Page:
        return Page(
            heading=f"{row.actor}: {self.what(row)}",
            facts=[
                Fact("When", when(row.at)),
                Fact("Who", row.actor),
                Fact("What", self.what(row)),
                Fact("To what", row.subject),
                Fact("Why", row.reason or "no reason given"),
            ],
            sections=[_side("Before", row.before), _side("After", row.after)],
        )


def _side(title: str, values: dict[str, Any]) -> Section:
    text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True) if values else ""
    return Section(title, text=text, empty="Nothing was noted.")
