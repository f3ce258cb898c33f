"""Is this process alive, and can the console do its work? Asked by the supervisor, by proxies and orchestrators."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from sync.services.health import readiness


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers. Touches neither database nor broker: a restart would not mend those."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker, beat and worker answer and nothing due is late, else 503; each check says why."""
    found = readiness()
    checks = {check.name: {"ok": check.is_ok, "detail": check.detail} for check in found.checks}
    status = "ok" if found.is_ready else "not ready"
    return JsonResponse({"status": status, "checks": checks}, status=200 if found.is_ready else 503)
