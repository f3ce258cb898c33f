"""Is this process alive, and can the console do its work? Asked by the supervisor, by proxies and orchestrators."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers. Touches neither database nor broker: a restart would not mend those."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})
