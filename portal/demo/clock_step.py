"""One step of a clock that is moved by the sandbox: all at once what beat wakes in real time, so that nothing waits for the next minute.

Only where the clock can be moved at all (`CLOCK_FILE`), and with the key the sandbox has as well; production refuses both.
"""

import hmac
from http import HTTPStatus

from celery import current_app
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

#: What depends on the domain's clock, in the order in which one leads to the next; then whatever was written is delivered.
SWEEPS = (
    "network.turn_months",
    "billing.announce_prices",
    "billing.announce_renewals",
    "billing.look_after_methods",
    "billing.sweep_renewals",
    "billing.sweep_charges",
    "billing.sweep_auto_top_ups",
    "billing.sweep_queue_changes",
    "billing.sweep_orders",
    "plans.sweep_gifts",
    "billing.sweep_vouchers",
    "billing.remind_transfers",
    "accounts.decide_claims",
    "billing.remind_of_ends",
    "billing.sweep_lines",
    "plans.look_after_groups",
    "plans.expire_asks",
    "provisioning.sweep",
    "support.sweep_late_orders",
    "support.put_tickets_away",
    "notifications.sweep",
)


@csrf_exempt
@require_POST
def step(request: HttpRequest) -> JsonResponse:
    """200 when every sweep has run; 401 without the key."""
    _kind, _blank, key = request.headers.get("Authorization", "").partition(" ")
    if not settings.CLOCK_KEY or not hmac.compare_digest(key.encode(), settings.CLOCK_KEY.encode()):
        return JsonResponse({"error": "Send the clock's key."}, status=HTTPStatus.UNAUTHORIZED)
    current_app.loader.import_default_modules()
    for name in SWEEPS:
        current_app.tasks[name]()
    return JsonResponse({"swept": len(SWEEPS)})
