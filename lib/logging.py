"""Structured logs with a request id in each line and no personal data."""

import logging
import re
import time
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("portal.request")
_MSISDN = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
#: Values under these names are never written, whatever they look like.
_SECRET_KEYS = frozenset({"code", "password", "secret", "token", "cookie", "authorization"})
_SECRET = re.compile(r"\b(?:sk|rk|whsec|cs)_[A-Za-z0-9_]+")
#: A part of an address that is a secret by itself: capitals and small letters in one long part, which no id of ours has. Signed ones have
#: colons between what they say, when, and their seal.
_SECRET_PART = re.compile(r"(?<=/)(?=[\w:-]*[A-Z])(?=[\w:-]*[a-z])[A-Za-z0-9_:-]{24,}(?![\w:.-])")


def scrub(text: str) -> str:
    """Dots in place of numbers, addresses and keys that slipped into a log line."""
    text = _MSISDN.sub(lambda match: f"{match[0][:3]}•••••{match[0][-4:]}", text)
    return _SECRET_PART.sub("•••", _SECRET.sub("•••", _EMAIL.sub("•••@•••", text)))


def _scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in _SECRET_KEYS:
            event[key] = "•••"
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def _scrub_line(_logger: Any, _method: str, line: str) -> str:
    """The last look: what stood inside objects shows only in the finished line."""
    return scrub(line)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _scrub_event,
]


def logging_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING: everything, ours and the libraries', through structlog to standard error."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *_SHARED],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _scrub_event, renderer, _scrub_line],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }


class RequestLogMiddleware:
    """Binds a request id to every line and writes one line a request: method, path, status, milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex[:12])
        begun = time.monotonic()
        response = self.get_response(request)
        level = logging.WARNING if response.status_code >= 500 else logging.INFO
        if not request.path.startswith("/static/"):
            milliseconds = round((time.monotonic() - begun) * 1000)
            log.log(
                level, "request", method=request.method, path=request.path, status=response.status_code, ms=milliseconds
            )
        return response
