"""Where SMS providers send their delivery reports (twilio.com/docs/usage/webhooks/messaging-webhooks)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

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


def signature(address: str, fields: Mapping[str, str], key: str) -> str:
    """HMAC-SHA1 of the whole address and the fields in the order of their names (twilio.com/docs/usage/security)."""
    text = address + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
