from django.apps import AppConfig
from django.core.checks import register

from config import celery
from config.checks import check_encryption_keys, check_environment, check_log_level


class ConsoleConfig(AppConfig):
    """Brings the Celery application into every process, so that `delay()` in a web request finds its broker."""

    name = "config"
    label = "config"
    verbose_name = "Console"

    celery_app = celery.app

    def ready(self) -> None:
        register(check_environment)
        register(check_encryption_keys)
        register(check_log_level)
