"""The pages of what a line used. Whose the line is not gets a 404."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.current_line import current_line, lines_of
from accounts.requests import SignedInRequest
from lib import clock
from network.pages import allowance_page, filters, listing, sheet, usage_page
from network.pages.owned import Owned, allowance_of, owned


@login_required
@require_safe
def of_current_line(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    return redirect("line_usage", line_id=line.pk) if line else redirect("line_add")


@login_required
@require_safe
def usage(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """`show` is day, period, month or year; `of` which of them."""
    now = clock.now()
    own = owned(request.user, line_id, now=now)
    context = usage_page.facts(own, show=request.GET.get("show", ""), of=request.GET.get("of", ""), now=now)
    return render(request, "network/usage.html", context | _lines(request, own))


@login_required
@require_safe
def allowance(request: SignedInRequest, line_id: UUID, allowance_id: UUID) -> HttpResponse:
    now = clock.now()
    own = owned(request.user, line_id, now=now)
    context = allowance_page.facts(own, allowance_of(own, allowance_id), now=now)
    return render(request, "network/allowance.html", context | _lines(request, own))


@login_required
@require_safe
def records(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """Use by use; 422 where the filters cannot be followed."""
    now = clock.now()
    own = owned(request.user, line_id, now=now)
    context, is_right = listing.facts(own, request.GET, now=now)
    return render(request, "network/records.html", context | _lines(request, own), status=200 if is_right else 422)


@login_required
@require_safe
def records_csv(request: SignedInRequest, line_id: UUID) -> HttpResponseBase:
    """What `records` shows with the same filters, all of it."""
    now = clock.now()
    own = owned(request.user, line_id, now=now)
    allowances = filters.allowances_of(own)
    form = filters.FilterForm(request.GET, own=own, allowances=allowances)
    if not form.is_valid():
        return records(request, line_id=line_id)
    found = filters.records(own, filters.wanted_of(form.cleaned_data, own, allowances))
    name = sheet.file_name(f"{now.astimezone(own.zone):%Y-%m-%d}")
    return StreamingHttpResponse(
        sheet.rows(own, found, listing.titles_of(allowances)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},  # noqa: FBT003  Django's signature
    )


def _lines(request: SignedInRequest, own: Owned) -> dict[str, object]:
    """The reader's lines to switch between; what is bought is bought for the one they have chosen."""
    chosen = current_line(request)
    return {"lines": lines_of(request), "is_chosen": chosen is not None and chosen.pk == own.line.pk}
