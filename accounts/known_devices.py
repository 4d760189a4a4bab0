"""Which devices somebody has signed in with before: the device itself keeps it, as a token nobody else can make."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Subscriber

COOKIE = "known"
#: The longest a browser keeps a cookie (RFC 6265bis, section 5.5).
_KEPT_SECONDS = 400 * 24 * 3600
#: A family's tablet; more tokens than that make a long header.
_MOST = 8


def is_known(request: HttpRequest, subscriber: Subscriber) -> bool:
    """Whether they have signed in with this browser before."""
    return any(constant_time_compare(token, _token(subscriber)) for token in _tokens(request))


def remember(request: HttpRequest, response: HttpResponse, subscriber: Subscriber) -> None:
    """From now on the browser is known; those who signed in last stay so."""
    own = _token(subscriber)
    tokens = [own, *(token for token in _tokens(request) if token != own)]
    response.set_cookie(
        COOKIE,
        ".".join(tokens[:_MOST]),
        max_age=_KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _tokens(request: HttpRequest) -> list[str]:
    return [token for token in request.COOKIES.get(COOKIE, "").split(".")[:_MOST] if token and token.isascii()]


def _token(subscriber: Subscriber) -> str:
    """As hard to guess as the installation's key."""
    return salted_hmac("accounts.known_devices", str(subscriber.pk), algorithm="sha256").hexdigest()[:32]
