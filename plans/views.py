"""The contract summary. Everybody may look."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lib import clock
from plans.models import Plan
from plans.summary import freeze_summary


@require_safe
def plan_summary(request: HttpRequest, code: str) -> HttpResponse:
    """The summary as the plan is sold now; once it is off sale only orders keep theirs."""
    now = clock.now()
    plan = get_object_or_404(Plan.objects.on_sale(now).select_related("zone"), code=code)
    context = {
        "place": "plans",
        "summary": {**freeze_summary(plan, get_language() or "en", now=now), "as_of": now},
        "back_url": f"{reverse('plan_list')}?show={plan.length}",
        "back_words": _("Plans"),
        "order_url": reverse("order_review", args=[plan.code]),
        "order_words": _("Order"),
    }
    return render(request, "plans/summary.html", context)
