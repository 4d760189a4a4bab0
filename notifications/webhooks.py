"""Where providers send their delivery reports: SMS in Twilio's style (twilio.com/docs/usage/webhooks/messaging-webhooks), e-mail as
django-anymail reads and verifies each provider's own (anymail.dev, "Tracking sent mail status").
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from notifications import reports
from notifications.channels.http_sms import configured

_LONGEST = 20_000


@csrf_exempt
@require_POST
def sms_report(request: HttpRequest, provider: str) -> HttpResponse:
    """204 for a report that was signed by its provider, be it known or not; 403 for anything else, 400 for what names no message."""
    key = next((known.key for known in configured() if known.name == provider), "")
    if int(request.headers.get("Content-Length") or 0) > _LONGEST:
        return HttpResponse(status=413)
    fields = {name: str(value) for name, value in request.POST.items()}
    address = settings.PORTAL_ORIGIN + request.get_full_path()
    if not key or not hmac.compare_digest(
        signature(address, fields, key), request.headers.get("X-Twilio-Signature", "")
    ):
        return HttpResponse(status=403)
    try:
        message_id = UUID(request.GET.get("message", ""))
    except ValueError:
        return HttpResponse(status=400)
    reports.keep(
        message_id,
        provider=provider,
        reference=fields.get("MessageSid", ""),
        status=fields.get("MessageStatus", ""),
        code=fields.get("ErrorCode", ""),
    )
    return HttpResponse(status=204)


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_report(request: HttpRequest) -> HttpResponse:
    """200 for a report that its provider has signed, or sent with the agreed password; 400 for anything else. 404 without a provider, and
    for one that does not sign as long as no password is agreed (ANYMAIL_WEBHOOK_SECRET).
    """
    reader: Any = import_string(settings.MAIL_REPORTS) if settings.MAIL_REPORTS else None
    if reader is None or (reader.warn_if_no_basic_auth and not settings.ANYMAIL.get("WEBHOOK_SECRET")):
        raise Http404
    if int(request.headers.get("Content-Length") or 0) > _LONGEST:
        return HttpResponse(status=413)
    try:
        answer: HttpResponse = reader.as_view(signal=_Keeper())(request)
    except (KeyError, TypeError, ValueError, SuspiciousOperation):  # not signed, or signed and no report
        return HttpResponse(status=400)
    return answer


class _Keeper:
    """Stands where anymail's views send a signal: this portal has none."""

    def send(self, *, event: Any, esp_name: str, **_sender: object) -> None:
        message_id = _message_of(event)
        if message_id is None or event.event_type in _NOT_OURS_TO_KNOW:
            return
        if event.event_type == "complained":
            reports.complained(message_id)
        reports.keep(
            message_id,
            provider=esp_name.lower()[:30],
            reference=str(event.message_id or ""),
            status=str(event.event_type),
            code=str(event.reject_reason or ""),
        )


#: Whether and where somebody reads their mail is their own business.
_NOT_OURS_TO_KNOW = {"opened", "clicked"}


def _message_of(event: Any) -> UUID | None:
    """By what we gave the provider with the mail, else by the Message-ID, which is ours, too."""
    said = (event.metadata or {}).get("message") or str(event.message_id or "").strip("<>").partition("@")[0]
    try:
        return UUID(str(said))
    except ValueError:
        return None


def signature(address: str, fields: Mapping[str, str], key: str) -> str:
    """HMAC-SHA1 of the whole address and the fields in the order of their names (twilio.com/docs/usage/security)."""
    text = address + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
