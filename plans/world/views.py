"""Where it works. Everybody may look; whoever is signed in sees it for the line they chose."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.current_line import current_line
from lib import clock
from plans.models import Plan
from plans.world import country_page, finding, names, world_page


@require_safe
def world(request: HttpRequest) -> HttpResponse:
    """All countries; `?q=` looks for one, `?plan=` shows where that plan works. What can mean one country only leads to its page."""
    typed, code = request.GET.get("q", ""), request.GET.get("plan", "")
    found = finding.find(typed) if typed.strip() else None
    if url := world_page.meant(found) if found else "":
        return redirect(url)
    plan = Plan.objects.on_sale(clock.now()).filter(code=code).first() if code.isprintable() and code else None
    context = world_page.facts(current_line(request), typed=typed, found=found, plan=plan)
    return render(request, "plans/world/world.html", context)


@require_safe
def country(request: HttpRequest, code: str) -> HttpResponse:
    """By its ISO 3166 code; where nothing works the page says so."""
    if code.upper() not in names.countries():
        raise Http404
    context = country_page.facts(current_line(request), code.upper(), now=clock.now())
    return render(request, "plans/world/country.html", context)
