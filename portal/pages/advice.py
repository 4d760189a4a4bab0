"""What would have been the cheapest way to have all that a line used in the last sixty days."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.current_line import current_line
from accounts.requests import SignedInRequest
from lib import clock
from portal import advice_words, advising


@login_required
@require_safe
def advice(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        return redirect("dashboard")
    seen = advising.look(line, request.user, now=clock.now())
    return render(request, "portal/advice.html", {"place": "plans", "line": line, **advice_words.facts(seen)})
