"""The operator's legal texts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lib.brand import brand


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    """`kind` is `terms`, `privacy` or `imprint`."""
    return render(request, "portal/legal.html", {"text": brand().text(kind)})
