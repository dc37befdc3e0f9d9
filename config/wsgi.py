"""The WSGI entry point that granian serves."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from config.launch import die_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# granian serves from processes of its own, which a kill -9 of granian would leave behind, holding the port.
_server = multiprocessing.parent_process()
if _server is not None and _server.pid == os.getppid():
    die_with(_server.pid)

application = get_wsgi_application()
