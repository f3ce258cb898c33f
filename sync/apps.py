from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"
    verbose_name = "S-360"
    default_auto_field = "django.db.models.BigAutoField"
