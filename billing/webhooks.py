"""Where the gateway's notices arrive: verify, keep, answer 200. Nothing is called from here."""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import inbox
from billing.gateways import gateway
from billing.gateways.protocol import NotReadable, NotSigned

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """400 for what is not signed by the gateway, 413 for what is too large, 200 for everything kept (repeats too)."""
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse("too large", status=413, content_type="text/plain")
    try:
        notice = gateway().read_notice(body, request.headers.get("Stripe-Signature", ""))
    except (NotSigned, NotReadable) as error:
        log.warning("webhook.refused", reason=str(error))
        return HttpResponse("not accepted", status=400, content_type="text/plain")
    inbox.keep(notice)
    return HttpResponse("kept", content_type="text/plain")
