"""The plan list. Everybody may look; whoever is signed in sees it for their line, and how long each plan would last at their pace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.current_line import current_line
from accounts.models import Subscriber
from lib import clock
from network import used_days
from plans import list_page
from plans.overview import overview
from plans.pace import HISTORY_DAYS
from portal.advised import advised


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    now, line, seen, cheapest = clock.now(), current_line(request), None, None
    if line and isinstance(request.user, Subscriber):
        used = used_days.data_column(line, request.user, now=now, days=HISTORY_DAYS)
        seen = overview(line, now=now, used=used)
        if seen.history and seen.history.is_enough:
            cheapest = advised(line, request.user, now=now)
    code = cheapest.code if cheapest else ""
    context = list_page.facts(line, seen, show=request.GET.get("show", ""), now=now, advised=code)
    return render(request, "plans/list.html", {**context, "cheapest": cheapest})
