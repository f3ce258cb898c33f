from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "CRM"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Both read models, which exist only now.
        from crm.services.figures import connection_figures  # noqa: PLC0415
        from sync.services.figures.far_side import register_connections  # noqa: PLC0415

        register_connections("crm", connection_figures)
