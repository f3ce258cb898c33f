"""What the console's screens share: bounded lists, pages drawn from `Page`, verbs with confirmation, read-only
ledgers."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from sync.admin.page import Button, Effect, Page
from sync.admin.paging import CappedPaginator
from sync.admin.verbs import CONFIRMED, ConfirmForm, ListVerb, Request, Verb, VerbRefusedError
from sync.services.audit import AlreadyDoneError

Action = tuple[Callable[..., Any], str, str]
ALREADY_DONE: Final = "This was already done by the first click; nothing happened twice."


class BoundedList(ChangeList):  # type: ignore[misc]  # the theme ships no types
    """A list that says its count once, at the foot, where it can also say that there are more."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class ConsoleAdmin(ModelAdmin):  # type: ignore[misc]  # the theme ships no types
    """Settings screens: forms as usual, plus verbs."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    list_filter_sheet = True
    warn_unsaved_form = True
    verbs: Sequence[Verb] = ()
    list_verbs: Sequence[ListVerb] = ()
    actions: Any = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList

    # --- one row ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        opts = self.model._meta  # noqa: SLF001
        name = f"{opts.app_label}_{opts.model_name}_do"
        return [
            path("<path:object_id>/do/<slug:verb>/", self.admin_site.admin_view(self.verb_view), name=name),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, row: Model) -> list[Button]:
        """The verbs this person may use on this row as it stands."""
        opts = self.model._meta  # noqa: SLF001
        name = f"admin:{opts.app_label}_{opts.model_name}_do"
        return [
            Button(verb.label, reverse(name, args=[row.pk, verb.name]), verb.hint)
            for verb in self.verbs
            if request.user.has_perm(verb.permission) and verb.possible(row)
        ]

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """GET: what would happen. POST with `confirmed`: it happens, once."""
        found = next((v for v in self.verbs if v.name == verb), None)
        row = self.get_object(request, unquote(object_id))
        if found is None or row is None:
            return self._no_such_row(request, object_id)
        if not (self.has_view_permission(request, row) and request.user.has_perm(found.permission)):
            raise PermissionDenied
        own_page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        effect = found.effect(request, row)
        form = ConfirmForm(effect, request.POST if request.method == "POST" else None)
        if request.method != "POST" or not form.is_valid():
            return self._confirmation(request, found.label, effect, form, back=own_page, original=row)
        asked = Request(request, form.cleaned_data["reason"], form.cleaned_data["key"])
        answer = self._act(request, lambda: found.run(asked, row))
        return answer if isinstance(answer, HttpResponse) else HttpResponseRedirect(own_page)

    # --- selected rows ----------------------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Action]:
        """Our own verbs only: rows of a ledger are never deleted from a list, settings one by one on their page."""
        if "_popup" in request.GET:
            return {}
        return {
            verb.name: (self._action(verb), verb.name, verb.label)
            for verb in self.list_verbs
            if request.user.has_perm(verb.permission)
        }

    def _action(self, verb: ListVerb) -> Callable[..., HttpResponse]:
        def act(admin: "ConsoleAdmin", request: HttpRequest, chosen: "QuerySet[Any]") -> HttpResponse:
            return admin.list_verb_view(request, verb, chosen)

        return act

    def list_verb_view(self, request: HttpRequest, verb: ListVerb, chosen: "QuerySet[Any]") -> HttpResponse:
        """The first POST comes from the list, the second, with `confirmed`, from the confirmation it draws."""
        effect = verb.effect(request, chosen)
        is_confirmed = CONFIRMED in request.POST
        form = ConfirmForm(effect, request.POST if is_confirmed else None)
        if not (is_confirmed and form.is_valid()):
            hidden = [
                ("action", verb.name),
                ("select_across", request.POST.get("select_across", "0")),
                *((helpers.ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)),
            ]
            return self._confirmation(request, verb.label, effect, form, back=request.get_full_path(), hidden=hidden)
        asked = Request(request, form.cleaned_data["reason"], form.cleaned_data["key"])
        self._act(request, lambda: verb.run(asked, chosen))
        return HttpResponseRedirect(request.get_full_path())

    # --- both -------------------------------------------------------------------------------------------------------

    def _act(self, request: HttpRequest, run: Callable[[], str | HttpResponse]) -> HttpResponse | None:
        try:
            said = run()
        except AlreadyDoneError:
            messages.info(request, ALREADY_DONE)
        except VerbRefusedError as refused:
            messages.error(request, str(refused))
        else:
            if isinstance(said, HttpResponse):
                return said
            messages.success(request, said)
        return None

    def _confirmation(
        self,
        request: HttpRequest,
        label: str,
        effect: Effect,
        form: ConfirmForm,
        *,
        back: str,
        original: Model | None = None,
        hidden: Sequence[tuple[str, str]] = (),
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": original,
            "title": label,
            "label": label,
            "effect": effect,
            "form": form,
            "back": back,
            "hidden": hidden,
            "confirmed_field": CONFIRMED,
        }
        return TemplateResponse(request, "console/admin/confirm.html", context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        if object_id is not None and request.method == "GET" and self.verbs:
            row = self.get_object(request, unquote(object_id))
            if row is not None:
                extra["console_buttons"] = self.buttons(request, row)
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra)
        return answer

    def _no_such_row(self, request: HttpRequest, object_id: str) -> HttpResponse:
        answer: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return answer


class PageAdmin(ConsoleAdmin):
    """A screen whose rows nobody edits: a list, and a page per row. Whatever changes a row is a verb."""

    def page(self, request: HttpRequest, row: Any) -> Page:
        """What the row's page says, in a number of queries that does not depend on how much hangs on it."""
        raise TypeError(f"{type(self).__name__} has no page")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._no_such_row(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        page = self.page(request, row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": page.heading or str(row),
            "page": page,
            "console_buttons": [*page.buttons, *self.buttons(request, row)],
        }
        return TemplateResponse(request, "console/admin/page.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's own log knows nothing of these rows; their story is on their page."""
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        )
