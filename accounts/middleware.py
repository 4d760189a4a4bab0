"""Pages in the language and time zone of whoever reads them, and personal pages in nobody's cache."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allauth.core.exceptions import RateLimited
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control

from accounts.models import Subscriber


class ReaderMiddleware:
    """The language switch wins (its cookie is set on purpose), then what the subscriber chose, then the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = request.user if isinstance(request.user, Subscriber) else None
        with timezone.override(_zone(reader)):
            if reader and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(reader.language)
                request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
        if reader and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class TooOftenMiddleware:
    """Whoever meets a limit in the middle of a flow gets the page that says so (429), not an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return respond_429(request) if isinstance(exception, RateLimited) else None


def _zone(reader: Subscriber | None) -> ZoneInfo:
    try:
        return ZoneInfo(reader.time_zone if reader else settings.READER_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.READER_TIME_ZONE)
