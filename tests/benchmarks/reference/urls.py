from django.urls import path

from config import health
from tests.benchmarks.reference.views import ReferenceView

urlpatterns = [path("healthz", health.healthz), path("reference/", ReferenceView.as_view())]
