"""Pairings: which institution feeds which CRM connection."""

from typing import Any

from django.contrib import admin

from crm.models import Pairing
from sync.admin.settings_base import SettingsAdmin
from sync.words import link_to


@admin.register(Pairing)
class PairingAdmin(SettingsAdmin):
    list_display = ("of_institution", "to_connection", "key_prefix", "send_abandoned_orders")
    list_display_links = ("of_institution",)
    list_select_related = ("institution", "connection")
    fields = ("institution", "connection", "key_prefix", "send_abandoned_orders")

    @admin.display(description="Institution")
    def of_institution(self, pairing: Pairing) -> str:
        return pairing.institution.code

    @admin.display(description="Connection")
    def to_connection(self, pairing: Pairing) -> Any:
        return link_to(pairing.connection)
