"""The real settings, with one more address for the view that we are compared with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
