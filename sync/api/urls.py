"""The addresses S-360 posts to, with and without a final slash: a redirect would be a refusal to S-360."""

from django.urls import path

from sync.api.hooks import HookView

HOOK = "<str:institution>/<str:stream>/<str:endpoint>/<str:secret>"

urlpatterns = [
    path(f"{HOOK}/", HookView.as_view(), name="hook"),
    path(HOOK, HookView.as_view(), name="hook-without-slash"),
]
