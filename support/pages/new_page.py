"""Asking: what the question is about, what may answer it already, and the form."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Line
from billing import wording
from billing.models import GATEWAY_METHODS, Order
from support.articles import finding, shelf, situations
from support.forms import QuestionForm
from support.models import Topic
from support.pages.help_page import answers

#: So many answers are offered before somebody writes.
OFFERED = 3


@dataclass(frozen=True)
class About:
    """Where somebody asks from: their order, the page they were on, their line; `query` names it in addresses."""

    order: Order | None = None
    page: str = ""
    line: Line | None = None
    query: tuple[tuple[str, str], ...] = ()

    def address(self, **more: str) -> str:
        """Of the page that asks, with what is known already."""
        query = urlencode([*self.query, *((name, text) for name, text in more.items() if text)])
        return reverse("help_new") + (f"?{query}" if query else "")

    @property
    def topic(self) -> str:
        """What it is most likely about."""
        if self.order and (self.order.method in GATEWAY_METHODS or self.order.applied_at is None):
            return Topic.PAYMENT
        return _TOPICS.get(self.page, Topic.PLAN if self.order else Topic.OTHER)


_TOPICS = {
    **dict.fromkeys(("order", "orders", "order_review", "ways_to_pay", "voucher", "receipts", "top_up"), Topic.PAYMENT),
    **dict.fromkeys(("plan_list", "queue", "auto_renew", "auto_top_up", "credit", "advice", "payout"), Topic.PLAN),
    **dict.fromkeys(("usage", "line_usage", "usage_records", "world", "world_country"), Topic.DATA),
    **dict.fromkeys(("account_login", "account_signup", "profile", "message_choices"), Topic.ACCOUNT),
}


def facts(about: About, form: QuestionForm | None, *, typed: str) -> dict[str, Any]:
    """The context of the page; without a form it offers answers first."""
    typed = typed.strip()[: finding.MOST_LETTERS]
    fitting = finding.find(typed) if typed else shelf.fitting(situations.of(about.order, about.page))
    order = about.order
    return {
        "place": "help",
        "about": about,
        "order": order,
        "order_title": wording.title_of(order) if order else "",
        "order_words": wording.words_of(order) if order else "",
        "typed": typed,
        "offered": answers(fitting)[:OFFERED],
        "form": form,
        "write_url": about.address(q=typed, write="1"),
    }
