"""Where outside sellers hand in what they sold, and take back what was a mistake. Asked again, it answers the same and changes nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lib import clock
from network import sources, wording
from network.models import ExternalTopUp
from network.top_ups import pace, reversals, saying, taking
from network.top_ups.saying import Refused
from network.top_ups.taking import Differs

log = structlog.get_logger(__name__)

LONGEST_BYTES = 4_000

#: Takes the body and whose key it came with; raises Refused, Differs.
_Handle = Callable[[bytes, str], JsonResponse]


def _handed_in(handle: _Handle) -> Callable[[HttpRequest], JsonResponse]:
    """What both addresses have in common: whose key it is, how much and how often, and what is answered when nothing was booked."""

    @csrf_exempt
    @require_POST
    @wraps(handle)
    def view(request: HttpRequest) -> JsonResponse:
        source = sources.of(request, settings.TOP_UP_KEYS)
        if source is None:
            return _answer(401, error="Send the key of your source: Authorization: Bearer …")
        if pace.is_over(source):
            return _later(429, f"Send at most {settings.TOP_UPS_PER_MINUTE} a minute; send this one again later.")
        body = request.read(LONGEST_BYTES + 1)
        if len(body) > LONGEST_BYTES:
            return _answer(413, error=f"Send one at a time, at most {LONGEST_BYTES} bytes.")
        return _handled(handle, body, source)

    return view


def _handled(handle: _Handle, body: bytes, source: str) -> JsonResponse:
    """422 with what is wrong, 409 when the reference stands for something else, 503 when the database cannot say."""
    try:
        return handle(body, source)
    except Refused as refusal:
        log.info("top_up.refused", source=source, codes=[fault.code for fault in refusal.faults])
        return _answer(422, errors=[_told(fault) for fault in refusal.faults])
    except Differs:
        log.warning("top_up.differs", source=source)
        return _answer(409, error="This reference came before, with other values. Nothing has changed.")
    except (OperationalError, InterfaceError) as error:
        log.warning("top_up.no_answer", source=source, error=type(error).__name__)
        return _later(503, "We cannot say now whether it is booked. Send the same again.")


@_handed_in
def top_up(body: bytes, source: str) -> JsonResponse:
    """201 with the order when it is new, 200 when the same came before."""
    taken = taking.take(saying.top_up(body), source=source, now=clock.now())
    return _answer(201 if taken.is_new else 200, **_standing(taken.top_up))


@_handed_in
def reversal(body: bytes, source: str) -> JsonResponse:
    """201 when it is taken back, 200 when the same was before."""
    said = saying.reversal(body)
    taken = reversals.take_back(said, source=source, now=clock.now())
    answer = {"reference": said.reference, "top_up": _standing(taken.reversal.top_up)}
    return _answer(201 if taken.is_new else 200, **answer)


def _standing(top_up: ExternalTopUp) -> dict[str, Any]:
    return {"reference": top_up.reference, "order": top_up.order.reference, "state": top_up.order.state}


def _told(fault: saying.Fault) -> dict[str, str]:
    return {"field": fault.field, "code": fault.code, "words": wording.fault(fault.code, fault.told)}


def _later(status: int, error: str) -> JsonResponse:
    answer = _answer(status, error=error)
    answer["Retry-After"] = "60"
    return answer


def _answer(status: int, **body: Any) -> JsonResponse:
    return JsonResponse(body, status=status)
