"""The link in the notice about a change of how somebody signs in; works without signing in, and only a button undoes it."""

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.changing import undoing
from lib import clock


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    try:
        change = undoing.change_of(token, real_now=clock.real_now())
        if request.method != "POST":
            return render(request, "accounts/changing/not_me.html", {"change": change})
        is_reachable = undoing.undo(change.pk, real_now=clock.real_now())
        if request.user.pk == change.subscriber_id:
            logout(request)  # their session is over: the page must not look signed in
    except undoing.NoSuchChange as error:
        raise Http404 from error
    except undoing.TooLate:
        return render(request, "accounts/changing/too_late.html", status=410)
    return render(request, "accounts/changing/undone.html", {"email": change.told_to if is_reachable else ""})
