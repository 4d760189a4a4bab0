"""Receipts: the list of one's own, and each as PDF. Nothing is drawn here."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from billing.models import Receipt
from billing.receipts import files
from billing.receipts.links import links

PAGE_SIZE = 20


def _theirs(request: SignedInRequest) -> QuerySet[Receipt]:
    """Receipts hold the payer's name: only who paid sees them."""
    return Receipt.objects.filter(order__buyer=request.user)


@login_required
@require_safe
def receipts(request: SignedInRequest) -> HttpResponse:
    page = Paginator(_theirs(request).order_by("-issued_at", "-id"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "billing/receipts.html", {"place": "orders", "receipts": links(page), "page": page})


@login_required
@require_safe
def receipt(request: SignedInRequest, receipt_id: UUID) -> HttpResponse:
    """The file; while it is being drawn, a page that looks again."""
    found = get_object_or_404(_theirs(request), pk=receipt_id)
    if found.drawn_at is None:
        return render(request, "billing/receipt_waiting.html", {"place": "orders", "receipt": links([found])[0]})
    return files.answer(found)
