"""Where the mail provider hands over what people reply, as django-anymail reads and verifies each provider's own (anymail.dev,
"Receiving mail").
"""

from typing import Any

from anymail.webhooks.base import AnymailBasicAuthMixin
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lib import clock
from lib.alarm import alarm
from support import receiving
from support.receiving import Mail

#: What providers themselves take in, with attachments, which nobody reads.
_LONGEST = 30_000_000


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_reply(request: HttpRequest) -> HttpResponse:
    """200 for a mail that its provider has signed, or sent with the agreed password, be it of use or not; 413 for one that is too long,
    which the operator is told of; 400 for anything else. 404 without a provider, and for one that does not sign as long as no password is agreed (ANYMAIL_WEBHOOK_SECRET).
    """
    reader: Any = import_string(settings.MAIL_REPLIES) if settings.MAIL_REPLIES else None
    if reader is None or (reader.warn_if_no_basic_auth and not settings.ANYMAIL.get("WEBHOOK_SECRET")):
        raise Http404
    if int(request.headers.get("Content-Length") or 0) > _LONGEST:
        return _too_long()
    try:
        _read(request, reader)
        answer: HttpResponse = reader.as_view(signal=_Taker())(request)
    except RequestDataTooBig:
        return _too_long()
    except (KeyError, TypeError, ValueError, SuspiciousOperation):  # not signed, or signed and no mail
        return HttpResponse(status=400)
    return answer


def _read(request: HttpRequest, reader: Any) -> None:
    """The whole body up to our own limit, where Django's for all pages would refuse a photo that stands in it as text. Asks for the
    password first, if there is one. A body in parts is left to Django, which puts files on the disk. Raises SuspiciousOperation.
    """
    AnymailBasicAuthMixin.validate_request(reader(), request)
    if request.content_type != "multipart/form-data":
        request._body = request.read(_LONGEST)  # noqa: SLF001  no other way past a limit for all pages


def _too_long() -> HttpResponse:
    alarm("mail.too_long", subject="mail", detail="a reply by mail was refused", once=True)
    return HttpResponse(status=413)


class _Taker:
    """Stands where anymail's views send a signal: this portal has none."""

    def send(self, *, event: Any, **_sender: object) -> None:
        message = event.message
        receiving.take(
            Mail(
                sender=next(iter(_addresses(message, "From")), ""),
                to=[message.envelope_recipient or "", *_addresses(message, "To"), *_addresses(message, "Cc")],
                text=message.text or "",
                html=message.html or "",
                headers={name.lower(): str(value) for name, value in message.items()},
                is_spam=bool(message.spam_detected),
            ),
            now=clock.now(),
        )


def _addresses(message: Any, header: str) -> list[str]:
    """Those of a header; none of one that cannot be read."""
    try:
        return [address.addr_spec for address in message.get_address_header(header)]
    except ValueError:
        return []
