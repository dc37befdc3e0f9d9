"""All settings, read from the environment in one place.

Environments differ by environment variables, not by Python: the same file runs the embedded default (SQLite, no
servers) and production (DATABASE_URL, REDIS_URL). A value may come from a file: NAME_FILE names it. `.env.example`
lists every variable.
"""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import schedule as celery_schedule
from django.urls import reverse_lazy

from config.logging import logging_settings
from config.navigation import UNFOLD as NAVIGATION
from config.schedule import SCHEDULE

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
environ.Env.read_env(str(BASE_DIR / ".env"), overwrite=False)

# --- Where this runs ---------------------------------------------------------------------------------------------

VAR_DIR = Path(env.str("STEWARD_VAR", default=str(BASE_DIR / "var")))  # everything the embedded default writes
DEMO_ENV = (
    VAR_DIR / "demo.env"
)  # the demo's own secrets, made by `manage.py run`; read here so that every command has them
environ.Env.read_env(str(DEMO_ENV), overwrite=False)
EMBEDDED = not env.str("DATABASE_URL", default="")  # no servers: SQLite and the filesystem broker
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="Embedded" if EMBEDDED else "Production")


def _embedded_key() -> str:
    """A signing key of this installation, made at the first start and kept in the var directory."""
    import secrets

    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or (_embedded_key() if EMBEDDED else env.str("SECRET_KEY"))
# Keys that encrypt secrets in the database, newest first (MultiFernet). Falls back to a key derived from SECRET_KEY.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
# What a reference to a secret may name: whoever edits a source or connection must not reach the secrets above.
SECRET_ENV_PREFIXES = env.list("SECRET_ENV_PREFIXES", default=["STEWARD_"])
SECRET_FILE_DIRS = env.list("SECRET_FILE_DIRS", default=["/run/secrets"])

# --- Applications ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "django_celery_beat",
    "trail",
    "intake",
    "crmsync",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.webhooks_first.WebhooksFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.csp.ContentSecurityPolicy",
]

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

# --- Database ----------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The webhook answers 503 within 5 s when the database is locked or stalled, so no wait for it may last longer.
DATABASE_WAIT_SECONDS = env.float("DATABASE_WAIT_SECONDS", default=4.0)


def _database() -> dict[str, Any]:
    if EMBEDDED:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        wait_ms = int(DATABASE_WAIT_SECONDS * 1000)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "steward.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": DATABASE_WAIT_SECONDS,
                # A transaction takes the write lock at its start: no upgrade from read to write can deadlock, and
                # the claim of a row is exclusive without SKIP LOCKED.
                "transaction_mode": "IMMEDIATE",
                # FULL, not NORMAL: an accepted lead must survive a power cut, and NORMAL may lose the last commits.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                f"PRAGMA busy_timeout={wait_ms}; PRAGMA foreign_keys=ON;",
            },
        }
    database: dict[str, Any] = env.db("DATABASE_URL")
    database["CONN_MAX_AGE"] = None
    database["CONN_HEALTH_CHECKS"] = True
    database.setdefault("OPTIONS", {})
    database["OPTIONS"].setdefault("connect_timeout", 3)
    # The same few statements run for every lead: prepared, they cost the server a third. Behind a pooler that cannot
    # keep prepared statements, set PREPARE_STATEMENTS=off.
    if env.bool("PREPARE_STATEMENTS", default=True):
        database["OPTIONS"].update(server_side_binding=True, prepare_threshold=5)
    database["OPTIONS"].setdefault("options", "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s")
    return database


DATABASES = {"default": _database()}

# --- Celery: only rings the bell (docs/decisions/0003) -------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
BROKER_DIR = VAR_DIR / "broker"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "retry_on_timeout": False,
        "health_check_interval": 30,
    }
else:
    for _name in ("messages", "processed", "control"):
        (BROKER_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "steward-files://"  # config/broker.py
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "processed_folder": str(BROKER_DIR / "processed"),
        "control_folder": str(BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
BELLS = True  # off in tests, which do the work themselves
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "steward"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    job.name: {
        "task": job.task,
        "schedule": celery_schedule(job.every_seconds),
        # A bell that rings late is worthless: the next one is already on its way.
        "options": {"expires": job.every_seconds},
    }
    for job in SCHEDULE
}

# --- Web ---------------------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
WEBHOOK_MAX_BYTES = env.int("WEBHOOK_MAX_BYTES", default=1024 * 1024)  # one request's body; a source may set less
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50 * 1024 * 1024)  # one uploaded file
STATIC_URL = "static/"
# Filled by collectstatic in production; the embedded default finds the files where they are and needs none of it.
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("COOKIE_SECURE", default=PUBLIC_URL.startswith("https"))
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_RATES": {"read_api": env.str("READ_API_RATE", default="120/min")},
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Steward",
    "DESCRIPTION": "Send leads in; ask what became of them.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"ItemState": "intake.models.Item.State", "DeliveryState": "intake.models.Delivery.State"},
}
UNFOLD = NAVIGATION

# --- E-mail ------------------------------------------------------------------------------------------------------

EMAIL_FILES_DIR = VAR_DIR / "mail"  # where a mailbox of kind "files" writes, one .eml each

# --- Language, time, logs ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="America/Chicago")  # the office's; the database keeps UTC
LOGGING_CONFIG = None
LOGGING = logging_settings(level=env.str("LOG_LEVEL", default="INFO"))
