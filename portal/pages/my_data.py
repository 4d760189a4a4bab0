"""Your data: the copy to take along."""

from typing import cast
from urllib.parse import quote

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.changing import notices
from accounts.requests import SignedInRequest
from lib import clock
from portal.my_data import copy


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_data(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """Behind the password; who comes too late with the form is asked on the page again."""
    try:
        return cast("HttpResponse | StreamingHttpResponse", _proven(request))
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return redirect("my_data")


@reauthentication_required
def _proven(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    if request.method != "POST":
        return render(request, "portal/my_data/my_data.html", {"tables": copy.tables(request.user)})
    ratelimit.consume(request, action="my_data", user=request.user, raise_exception=True)
    notices.tell("data_copied", request.user, to=request.user.email)
    now = clock.real_now()
    pieces = copy.stream(copy.tables(request.user), made_at=now, language=get_language() or request.user.language)
    name = f"{_('my-data')}-{now:%Y-%m-%d}.zip"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)
