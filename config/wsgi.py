"""The WSGI entry point that granian serves."""

import multiprocessing
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from config.launch import die_with
from intake.api.content_type import settle_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# granian serves from processes of its own, which a kill -9 of granian would leave behind, holding the port.
_server = multiprocessing.parent_process()
if _server is not None and _server.pid == os.getppid():
    die_with(_server.pid)

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Steward as a WSGI application; a Content-Type that Django cannot read is settled before it looks."""
    settle_type(environ)
    return _django(environ, start_response)
