"""Bindings: which of our records is which record in the CRM."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from crm.admin.link_screens import LinkScreens
from crm.models import Binding, Connection
from sync.admin.base import PageAdmin
from sync.admin.filters import field_filter
from sync.admin.lists import wide_of
from sync.admin.page import Fact, Page
from sync.models import Entity
from sync.words import link_to, when


@admin.register(Binding)
class BindingAdmin(LinkScreens, PageAdmin):
    list_display = ("remote", "entity", "record", "of_connection", "since")
    list_filter = (field_filter("entity", "entity", Entity.choices),)
    list_display_links = ("remote",)
    list_select_related = ("contact", "order", "connection")
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("remote_id",)
    search_help_text = "The CRM's id"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Binding]":
        found: QuerySet[Binding] = super().get_queryset(request)
        related = found.select_related("contact", "order", "connection")
        return related.defer("connection__secrets_text", "connection__settings", *wide_of("contact", "order"))

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Binding]", search_term: str
    ) -> tuple["QuerySet[Binding]", bool]:
        """The whole id only: the unique index answers it."""
        term = search_term.strip()
        connections = list(Connection.objects.values_list("pk", flat=True)) if term else []
        exact = Q(connection__in=connections, entity__in=Entity.values, remote_id=term)
        return (queryset.filter(exact) if term else queryset), False

    @admin.display(description="Id in the CRM")
    def remote(self, binding: Binding) -> str:
        return binding.remote_id

    @admin.display(description="Record")
    def record(self, binding: Binding) -> Any:
        return link_to(binding.contact or binding.order)

    @admin.display(description="Connection")
    def of_connection(self, binding: Binding) -> Any:
        return link_to(binding.connection)

    @admin.display(description="Since")
    def since(self, binding: Binding) -> Any:
        return when(binding.created_at)

    def page(self, request: HttpRequest, row: Binding) -> Page:
        return Page(
            heading=f"{row.get_entity_display()} {row.contact or row.order} is {row.remote_id} in the CRM",
            facts=[
                Fact("Record", self.record(row)),
                Fact("Id in the CRM", row.remote_id),
                Fact("Its version there", row.remote_version or "the CRM names none"),
                Fact("Connection", self.of_connection(row)),
                Fact("Since", self.since(row)),
            ],
        )
