"""The console's settings with the reference's table and URL. The measuring process uses them too, to reach the
table."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks.reference.apps.ReferenceConfig"]
ROOT_URLCONF = "tests.benchmarks.reference.urls"
