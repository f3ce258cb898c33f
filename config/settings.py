"""Settings of the console. All that differs between machines comes from the environment: docs/settings.md lists it."""

import hashlib
import os
import secrets
from pathlib import Path

from config.environment import Environment, load_local_environment
from config.logs.configuration import logging_settings
from config.service_urls import broker_url, database_settings, redis_client_url
from config.theme import THEME

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("CONSOLE_VAR") or BASE_DIR / "var").absolute()
load_local_environment(VAR_DIR / "local.env")

environment = Environment()
SETTINGS_PROBLEMS = environment.problems  # shown by `manage.py check`, see config/checks.py

# --- security -------------------------------------------------------------------------------------------------------

DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.required(
    "SECRET_KEY",
    code="console.E002",
    way_out="Set SECRET_KEY to at least 50 random characters, the same for every process; `make run` makes one itself.",
    stand_in=secrets.token_urlsafe(64),  # differs in every process, so nothing signed with it is worth anything
)
# The first key encrypts, all of them decrypt: put a new key in front, re-encrypt, then drop the old one.
FIELD_ENCRYPTION_KEYS = environment.words("FIELD_ENCRYPTION_KEYS")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")

HTTPS_ONLY = environment.flag("HTTPS_ONLY", default=not DEBUG)
# No SECURE_PROXY_SSL_HEADER: the web server drops X-Forwarded-* unless TRUSTED_PROXY names the proxy, and then turns
# them into the client's real address and scheme before Django sees the request (config/serving/server.py).
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked by orchestrators from inside, over plain http
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS_ONLY
X_FRAME_OPTIONS = "DENY"

# Hosts the console may call. Empty means: none but those an operator's connection names and this list allows.
OUTGOING_ALLOWED_HOSTS = environment.words("OUTGOING_ALLOWED_HOSTS")
# Private, loopback and link-local addresses; only for practice servers and CRMs inside the same network.
ALLOW_PRIVATE_HOSTS = environment.flag("ALLOW_PRIVATE_HOSTS", default=False)

# The practice servers: where they listen on this machine, and what the console shows the practice CRM.
_port = environment.number("PORT", 8000)
PRACTICE_CONSOLE_URL = environment.text("PRACTICE_CONSOLE_URL") or f"http://127.0.0.1:{_port}"
PRACTICE_S360_URL = environment.text("PRACTICE_S360_URL") or f"http://127.0.0.1:{_port + 10}"
PRACTICE_CRM_URL = environment.text("PRACTICE_CRM_URL") or f"http://127.0.0.1:{_port + 11}"
PRACTICE_CRM_TOKEN = hashlib.sha256(f"practice crm {SECRET_KEY}".encode()).hexdigest()[:40]

# How long the outcome of an unanswered send rests before the CRM is read: longer than the CRM's slowest processing.
CRM_VERIFY_SECONDS = environment.number("CRM_VERIFY_SECONDS", 120)
# S-360 allows N calls per minute, taken as any 60 seconds as it counts arrivals; the network may bunch what we space.
PACE_WINDOW_SECONDS = 60
PACE_SPREAD_SECONDS = environment.number("PACE_SPREAD_SECONDS", 2)
PACE_CALL_DAYS = 1  # how long single calls are remembered for the budget panel
# Days each kind of row is kept (docs/security.md): bodies as they came, settled entries, attempts, story, audit.
RETENTION_BODY_DAYS = environment.number("RETENTION_BODY_DAYS", 30)
RETENTION_ENTRY_DAYS = environment.number("RETENTION_ENTRY_DAYS", 30)
RETENTION_ATTEMPT_DAYS = environment.number("RETENTION_ATTEMPT_DAYS", 180)
RETENTION_EVENT_DAYS = environment.number("RETENTION_EVENT_DAYS", 365)
RETENTION_AUDIT_DAYS = environment.number("RETENTION_AUDIT_DAYS", 365)

# How long a worker may hold work before others take it for dead. A send takes 30 s at most, a batch well under 1 s.
SEND_LEASE_SECONDS = environment.number("SEND_LEASE_SECONDS", 90)
APPLY_LEASE_SECONDS = environment.number("APPLY_LEASE_SECONDS", 90)

# S-360 sends at most 50 records of about 1.2 kB; the limit leaves room for sites that raise the batch size.
HOOK_BODY_LIMIT_BYTES = environment.number("HOOK_BODY_LIMIT_BYTES", 10 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = HOOK_BODY_LIMIT_BYTES + 64 * 1024  # the door answers first, with its own refusal

# --- applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",  # before django.contrib.admin, whose templates it replaces
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "sync",
    "crm",
    "reconciliation",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
LOGIN_REDIRECT_URL = "/admin/"
LOGIN_URL = "/admin/login/"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
UNFOLD = THEME
REST_FRAMEWORK = {
    # JSON only, both ways: browsable HTML and form parsers are doors nobody here needs.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "S-360 console",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",  # from the wheel: the page works without the internet
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- the two stores -------------------------------------------------------------------------------------------------

DATABASE_URL = environment.required(
    "DATABASE_URL",
    code="console.E003",
    way_out="Set DATABASE_URL=postgresql://user:secret@host:5432/name, or start with `make run`, which brings its own.",
    stand_in="postgresql://console@/console",
)
DATABASE = environment.parsed(
    "DATABASE_URL",
    DATABASE_URL,
    database_settings,
    code="console.E004",
    way_out="Write it as postgresql://user:secret@host:5432/name or postgresql://user@/name?host=/socket/directory.",
    stand_in=database_settings("postgresql://console@/console"),
)
DATABASE["OPTIONS"] = {
    "connect_timeout": "5",
    # An operator's forgotten transaction must not stop the others: waiting for a lock and idling in one both end.
    "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
    **DATABASE["OPTIONS"],
}
DATABASES = {"default": {**DATABASE, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_redis_url = environment.required(
    "REDIS_URL",
    code="console.E005",
    way_out="Set REDIS_URL=redis://host:6379/0 (Redis 6.2+ or Valkey), or start with `make run`.",
    stand_in="redis://localhost:6379/0",
)
_REDIS_WAY_OUT = "Write it as redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket?db=0."
REDIS_URL = environment.parsed(
    "REDIS_URL",
    _redis_url,
    redis_client_url,
    code="console.E006",
    way_out=_REDIS_WAY_OUT,
    stand_in="redis://localhost:6379/0",
)  # for redis-py; Celery's spelling of the same address is CELERY_BROKER_URL

# --- Celery: a message is a nudge, the row is the truth -------------------------------------------------------------

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,  # above the longest task; no task has an ETA
    "socket_timeout": 2,  # a web request never waits longer than this for a nudge
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever: the sweep needs it back
CELERY_TASK_PUBLISH_RETRY = False  # a nudge that cannot be sent is replaced by the next tick
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "console"
CELERY_TASK_SOFT_TIME_LIMIT = 75  # below the 90 s lease of an outbox entry
CELERY_TASK_TIME_LIMIT = 85
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 10_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# Without this Celery's Django fixup closes the database connection after every task: 3.5 times slower.
CELERY_DB_REUSE_MAX = 10_000
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"


def _every(seconds: float, task: str) -> dict[str, object]:
    # A tick nobody took within three turns is worth nothing: without the expiry an hour without a worker would pile up.
    return {"task": task, "schedule": seconds, "options": {"expire_seconds": max(10, round(seconds * 3))}}


CELERY_BEAT_SCHEDULE = {
    "sync tick": _every(2, "sync.tick"),
    "crm tick": _every(2, "crm.tick"),
    "sync sweep": _every(30, "sync.sweep"),
    "sync heartbeat": _every(15, "sync.heartbeat"),
    "remove old rows": _every(3600, "sync.remove_old_rows"),
    "confirm held": _every(60, "sync.confirm_held"),
}

# --- language, time, files, logs ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = environment.text("STATIC_ROOT") or None  # only where a proxy serves what collectstatic gathered there
WHITENOISE_USE_FINDERS = True  # assets are served from the wheels: no collectstatic step to forget
WHITENOISE_AUTOREFRESH = DEBUG
LOG_LEVEL = environment.text("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_settings(LOG_LEVEL)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
