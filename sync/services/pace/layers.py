"""Which limits one call to S-360 falls under."""

from sync.models import Institution, Lane, PaceLayer
from sync.services.institution_rules import settings_of
from sync.services.pace.shapes import Layer


def layers_of(institution_id: int, lane: Lane, service: str, method: str) -> list[Layer]:
    """The institution's bucket always, its part for mass updates, and those of service and method that have a limit.

    Raises Institution.DoesNotExist, S360SettingsError.
    """
    settings = settings_of(Institution.objects.only("settings", "timezone").get(pk=institution_id))
    found = [shared_layer(institution_id)]
    if lane == Lane.BULK:
        found.append(Layer(f"{institution_id}/bulk", PaceLayer.BULK))
    minutes = settings.api_minutes_between_calls.get(method)
    if minutes:
        found.append(Layer(f"{institution_id}/method/{method}", PaceLayer.METHOD, method, minutes * 60.0))
    per_service = settings.api_calls_per_minute_per_service
    if per_service:
        found.append(Layer(f"{institution_id}/service/{service}", PaceLayer.SERVICE, service, float(per_service)))
    return found


def shared_layer(institution_id: int) -> Layer:
    """The bucket that everything shares, and that refusals block."""
    return Layer(str(institution_id), PaceLayer.INSTITUTION)
