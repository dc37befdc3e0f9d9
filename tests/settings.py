"""Test settings: the real ones, with a handful of things made fast or kept inside the test's own folder."""

import atexit
import os
import shutil
import tempfile

if "STEWARD_VAR" not in os.environ:
    os.environ["STEWARD_VAR"] = tempfile.mkdtemp(prefix="steward-test-")
    atexit.register(shutil.rmtree, os.environ["STEWARD_VAR"], ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)

from config.settings import *  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if not REDIS_URL:  # with services, the broker is the real one
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
BELLS = False
if EMBEDDED:
    # A file, as in use: threads that share a database in memory lock each other in ways that no file knows.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
