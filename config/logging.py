"""One JSON object a line on standard output; the ids bound by the caller (delivery, lead, push) ride along."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Addresses whose last part is a proof: whoever reads it in a log could use it.
_PROOF_IN_PATH = re.compile(r"(/hooks/[^/\s]+/|/answers/|/claim/|/unsubscribe/)[^/\s]+")


def without_proofs(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut the secret part out of our own addresses: Django names the path of every request that it answers with 5xx."""
    for name in ("event", "exception"):
        if isinstance(event.get(name), str):
            event[name] = _PROOF_IN_PATH.sub(r"\1...", event[name])
    return event


def logging_settings(*, level: str) -> dict[str, Any]:
    """Configure structlog and the standard library to write the same JSON lines.

    Args:
        level: least level that is written, such as "INFO".
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    settings: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_proofs,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "urllib3": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
        },
    }
    logging.config.dictConfig(settings)
    return settings
