"""Help: looking for an answer, asking, a conversation, and notices above the first pages."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from billing.order_pages.beside import Beside
from support.articles import shelf
from support.articles.article import Article
from support.forms import QuestionForm, ReplyForm
from support.models import Topic
from support.notices import Shown
from support.pages import help_page, new_page
from support.pages.new_page import About
from support.pages.ticket_page import Said
from tests.look import sample_pages as sample

HOUR = timedelta(hours=1)
LONG = "Kraftfahrzeughaftpflichtversicherungsbescheinigung " * 2


def ticket(**more: Any) -> Like:
    facts = {
        "id": UUID(int=31),
        "reference": "T-7K2M9QX",
        "subscriber_id": 1,
        "is_open": True,
        "promised_at": sample.NOW + 4 * HOUR,
        "last_at": sample.NOW - HOUR,
        "opened_at": sample.NOW - 2 * HOUR,
        "line": sample.LINE,
        "get_topic_display": Topic.PAYMENT.label,
    }
    return Like(**facts | more)


def asked(title: str, state: str, tone: str, **more: Any) -> Like:
    return Like(ticket=ticket(**more), title=title, state=state, tone=tone)


def first(*, typed: str = "", own: bool = True) -> dict[str, Any]:
    context = help_page.facts(None, typed=typed, page="")
    if own:
        rows = [
            asked("My card was declined, though there is money on it", "We are on it", "warn"),
            asked(LONG[:120], "Answered", "good", id=UUID(int=32), is_open=False, promised_at=None),
        ]
        context |= {"tickets": rows, "page": Like(paginator=Like(num_pages=1))}
    return context


def article() -> dict[str, Any]:
    found = shelf.article_of("payment-declined")
    assert isinstance(found, Article)
    links = [(link.words, "#") for link in found.links]
    return help_page.article_facts(found, None) | {"links": links}


def new(form: QuestionForm | None = None, *, typed: str = "", with_order: bool = True) -> dict[str, Any]:
    """About an order whose card was declined."""
    about = About(page="usage", query=(("page", "usage"),))
    context = new_page.facts(about, form, typed=typed)
    if with_order:
        words = {"order_title": "Month 15", "order_words": "Declined – you were not charged"}
        context |= {"order": sample.order(), **words}
        context["offered"] = help_page.answers(shelf.fitting(["order:declined"]))
    return context


def refused() -> dict[str, Any]:
    form = QuestionForm({"title": "", "text": "x", "email": "anna"}, is_guest=True, lines=[])
    return new(form, with_order=False, typed="voucher")


def writing() -> dict[str, Any]:
    two: list[Any] = [sample.LINE, sample.SECOND_LINE]
    return new(QuestionForm(initial={"title": "My card was declined", "topic": "payment"}, lines=two))


def talk(**more: Any) -> dict[str, Any]:
    said = [
        Said("me", "You", ["My card was declined, though there is money on it.", LONG], sample.NOW - 2 * HOUR, False),
        Said("them", "Support", ["Hello Anna,", "your bank refuses payments abroad."], sample.NOW - HOUR, False),
        Said("me", "You", ["It works now. Thank you!"], sample.NOW, True),
        Said("nobody", "", ["You marked it as solved."], sample.NOW, False),
    ]
    return {
        "place": "help",
        "ticket": ticket(),
        "title": "My card was declined, though there is money on it",
        "state_words": "We are on it",
        "tone": "warn",
        "says": "A person is looking into it and answers here and by e-mail.",
        "said": said,
        "form": ReplyForm(),
        "order": sample.order(),
        "order_title": "Month 15",
        "order_url": "#",
        "may_solve": True,
        "reply_url": "#",
        "solve_url": "#",
    } | more


def order_with_ticket() -> dict[str, Any]:
    found = Beside(title="Your question T-7K2M9QX", url="#", badge="We are on it", tone="warn")
    return sample.order_declined() | {"beside": [found]}


def told(context: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """A page with both kinds of notices above."""
    outage = Shown(True, "Calls to Austria do not get through. Data works.", "en", sample.NOW - HOUR, None, False)
    ahead = sample.NOW + 30 * HOUR
    works = Shown(False, "Payments by card pause for some minutes.", "en", ahead, ahead + HOUR, True)
    return lambda: context() | {"service_notices": [outage, works]}


def pages(nobody: Any) -> dict[str, tuple[Any, ...]]:
    ended = {"state_words": "Solved", "tone": "good", "may_solve": False}
    late_says = "We promised an answer by now and are late. We are sorry; it stands at the top of our list."
    return {
        "contact": ("support/help.html", lambda: first(own=False), nobody),
        "help": ("support/help.html", first),
        "help-found": ("support/help.html", lambda: first(typed="card declned")),
        "help-not-found": ("support/help.html", lambda: first(typed="zzzzzz", own=False)),
        "help-article": ("support/article.html", article),
        "help-new": ("support/new.html", new),
        "help-new-plain": ("support/new.html", lambda: new(with_order=False, typed="zzzz")),
        "help-new-write": ("support/new.html", writing),
        "help-new-refused": ("support/new.html", refused, nobody),
        "ticket": ("support/ticket.html", talk),
        "ticket-late": ("support/ticket.html", lambda: talk(says=late_says, said=talk()["said"][:1])),
        "ticket-solved": (
            "support/ticket.html",
            lambda: talk(ticket=ticket(promised_at=None), form=ReplyForm({"text": ""}), **ended),
        ),
        "order-with-ticket": ("billing/order.html", order_with_ticket),
        "landing-notices": ("portal/landing.html", told(sample.landing), nobody),
        "plans-notices": ("plans/list.html", told(sample.plan_list)),
    }
