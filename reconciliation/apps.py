from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "reconciliation"
    verbose_name = "Consistency check"
    default_auto_field = "django.db.models.BigAutoField"
