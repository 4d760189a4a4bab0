"""Saying no to a kind of mail from the mail itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import choices, turning_off
from notifications.kinds import Purpose, kind_of


@csrf_exempt  # mail programs post without a page of ours (RFC 8058, section 3.2); the signed address allows nothing else
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def turn_off(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it changes nothing: programs that look through mails open links, too."""
    try:
        message = turning_off.message_of(token)
        if request.method == "POST":
            turning_off.turn(message, is_on="back" in request.POST)
    except turning_off.NoSuchMessage as error:
        raise Http404 from error
    kind = kind_of(message.kind)
    context = {
        "kind": kind,
        "is_on": choices.wanted(message.address).get(kind.name, True),
        "may_go_back": kind.purpose is Purpose.SERVICE,
    }
    return render(request, "notifications/turn_off.html", context)
