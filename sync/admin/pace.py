"""The pace to S-360: the buckets that every process shares. Nobody edits them; a person may reset an institution's."""

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest

from sync.admin.base import PageAdmin
from sync.admin.filters import InstitutionFilter, field_filter
from sync.admin.page import Effect, Fact, Notice, Page
from sync.admin.verbs import Request, Verb
from sync.models import PaceBucket, PaceLayer
from sync.services.figures.durations import duration
from sync.services.pace import Budget, budget, reset_pace
from sync.words import NOTHING, badge, link_to, number, when

RESET: Final = "sync.reset_pace"


def _effect(request: HttpRequest, bucket: PaceBucket) -> Effect:
    return Effect(
        f"Reset the pace of {bucket.institution.code} to S-360?",
        lines=(
            "The pause and the slow-down after refusals end at once, also a pause that S-360 asked for.",
            "The alarm about a lost or spoiled bucket is taken as seen.",
            "The calls of the last minute still count, so the limit holds.",
        ),
        reason_required=True,
    )


def _reset(asked: Request, bucket: PaceBucket) -> str:
    reset_pace(bucket.institution_id, actor=asked.actor, reason=asked.reason, key=asked.key)
    return f"{bucket.institution.code} goes at its full pace again."


@admin.register(PaceBucket)
class PaceBucketAdmin(PageAdmin):
    list_display = ("of_institution", "layer", "name", "state", "room", "slow_down", "granted", "refused")
    list_filter = (InstitutionFilter, field_filter("layer", "layer", PaceLayer.choices))
    list_select_related = ("institution",)
    ordering = ("institution__code", "key")
    sortable_by = ()
    verbs = (Verb("reset", "Reset", RESET, _effect, _reset, hint="Back to the full pace"),)

    @admin.display(description="Institution")
    def of_institution(self, bucket: PaceBucket) -> str:
        return bucket.institution.code

    @admin.display(description="State")
    def state(self, bucket: PaceBucket) -> Any:
        if bucket.remade_at:
            return badge("made anew", "bad")
        return badge("slowed down", "warn") if bucket.rate_factor < 1 else badge("as usual", "good")

    @admin.display(description="Room from")
    def room(self, bucket: PaceBucket) -> Any:
        return when(bucket.tat)

    @admin.display(description="Pace left by the last refusal")
    def slow_down(self, bucket: PaceBucket) -> str:
        return f"{bucket.rate_factor:.0%}" if bucket.layer == PaceLayer.INSTITUTION else NOTHING

    @admin.display(description="Permits")
    def granted(self, bucket: PaceBucket) -> str:
        return number(bucket.granted_count)

    @admin.display(description="Refusals of S-360")
    def refused(self, bucket: PaceBucket) -> str:
        return number(bucket.throttled_count)

    def page(self, request: HttpRequest, row: PaceBucket) -> Page:
        shared = budget(row.institution_id) if row.layer == PaceLayer.INSTITUTION else None
        lost = "The row was lost or spoiled in the database and made anew: it starts slow. Reset it once you know why."
        return Page(
            heading=str(row),
            state=self.state(row),
            notices=[Notice("bad", lost)] if row.remade_at else (),
            facts=[
                Fact("Institution", link_to(row.institution)),
                Fact("Limits", row.get_layer_display(), row.name),
                Fact("Room from", when(row.tat), "" if row.tat else "made anew, empty"),
                Fact("Permits", number(row.granted_count)),
                Fact("Refusals of S-360", number(row.throttled_count), f"{row.throttles_in_a_row} in a row"),
                Fact("Last refusal", when(row.last_throttled_at)),
                *(_facts(shared) if shared else ()),
            ],
        )


def _facts(shared: Budget) -> list[Fact]:
    wait = duration(shared.next_free_seconds)
    return [
        Fact("Calls in the last minute", number(shared.spent_this_minute), f"ceiling {shared.ours_per_minute}"),
        Fact("By lane", ", ".join(f"{lane} {count}" for lane, count in shared.by_lane)),
        Fact("Pace now", f"{shared.pace_per_minute} a minute", "recovers by itself after a refusal"),
        Fact("Next free slot", f"in {wait}" if shared.next_free_seconds > 0 else "now"),
    ]
