"""The pages of help: whose they are, what they offer before somebody writes, and what they never show."""

import re
import time
import uuid
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Subscriber
from billing.models import Order, PaymentState
from lib import clock
from notifications.models import Message
from support import conversation, guests
from support.models import Ticket
from tests.billing.ordering import load_reference_data, order_plan, payment_for
from tests.cast import anna, emma
from tests.counting import statements_of
from tests.support.asked import PAYLOAD, SAM, ask

pytestmark = pytest.mark.django_db
NEW = "/help/new/"


def signed_in(person: Subscriber) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def declined(person: Subscriber) -> Order:
    """An order whose card the bank has refused."""
    load_reference_data()
    order = order_plan(person, now=clock.now())
    payment = payment_for(order)
    payment.failure_code = "card_declined"
    payment.save(update_fields=["failure_code"])
    return order


def form(**more: str) -> dict[str, str]:
    return {"form_token": str(uuid.uuid4()), "title": "My card", "topic": "payment", "text": "It was declined."} | more


def test_a_failed_payment_leads_to_its_answer_and_to_a_ticket_with_everything_attached() -> None:
    person = anna()
    order = declined(person)
    client = signed_in(person)
    assert f"{NEW}?order={order.pk}" in text(client.get(reverse("order", args=[order.pk])))

    offered = text(client.get(NEW, {"order": str(order.pk)}))
    assert "My payment was declined" in offered
    assert "None of this helps" in offered
    assert "<textarea" not in offered

    address = f"{NEW}?order={order.pk}"
    assert 'action="' + address in text(client.get(address + "&write=1"))
    sent = client.post(address, form())
    ticket = Ticket.objects.get()
    assert sent["Location"] == reverse("ticket", args=[ticket.pk])
    assert (ticket.order, ticket.payment, ticket.line) == (order, order.payments.get(), person.lines[0])
    assert order.payments.get().state == PaymentState.OPEN
    assert ticket.reference in text(client.get(reverse("order", args=[order.pk])))
    assert Message.objects.get().kind == "ticket_opened"


def test_what_is_somebody_elses_is_not_there() -> None:
    person, other = anna(), signed_in(emma())
    order = declined(person)
    ticket = ask(person, order=order)
    page = reverse("ticket", args=[ticket.pk])
    for client, status in ((other, 404), (Client(), 302)):
        assert client.get(page).status_code == status
        assert client.post(page + "reply/", form()).status_code == status
        assert client.post(page + "solved/").status_code == status
    assert other.get(NEW, {"order": str(order.pk)}).status_code == 404
    assert other.post(f"{NEW}?order={order.pk}", form()).status_code == 404
    asked = Client().get(NEW, {"order": str(order.pk)})
    assert asked["Location"] == f"{reverse('account_login')}?next={quote(f'{NEW}?order={order.pk}', safe='/')}"
    assert other.get(NEW, {"order": "x"}).status_code == 404
    assert other.get(NEW, {"top-up": "nobody's"}).status_code == 404
    assert Client().get(f"/help/questions/{guests.token_of(ticket)}/").status_code == 404
    assert ticket.reference not in text(other.get("/help/"))
    assert ticket.entries.count() == 1


def test_a_guest_writes_by_mail_alone_and_reads_by_the_link_that_came_there() -> None:
    client = Client()
    page = text(client.get(NEW, {"write": "1"}))
    assert 'name="email"' in page
    assert client.post(NEW, form()).status_code == 422
    answer = client.post(NEW, form(email="Guest@example.com"), follow=True)
    ticket = Ticket.objects.get()
    assert (ticket.subscriber, ticket.email) == (None, "guest@example.com")
    assert ticket.reference not in text(answer), "whoever typed an address may not be its owner"
    link = str(Message.objects.get().context["url"])
    path = "/" + link.partition("://")[2].partition("/")[2]
    assert "It was declined." in text(client.get(path))
    client.post(path + "reply/", form(text="Still so."))
    assert ticket.entries.count() == 2
    assert client.get(path[:-2] + "x/").status_code == 404


def test_a_guests_link_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/help/questions/{guests.token_of(ask(None))}/"
    now = time.time()
    for later, status in ((guests.GOOD_FOR, 200), (guests.GOOD_FOR + timedelta(hours=1), 404)):
        monkeypatch.setattr(time, "time", partial(float, now + later.total_seconds() - 60))
        assert Client().get(path).status_code == status


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"title": ""}, "Say in a few words what it is about."),
        ({"text": "  "}, "Write something first."),
        ({"title": "\u200b"}, "Say in a few words what it is about."),
        ({"text": "\u200b \u200b\u200b"}, "Write something first."),
        ({"text": "x" * 4001}, "This is too long."),
        ({"text": "a\x00b"}, "Null characters"),
        ({"topic": "else"}, "is not one of the available choices"),
        ({"form_token": "x"}, "In a few words"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_written(data: dict[str, str], says: str) -> None:
    answer = signed_in(anna()).post(NEW, form(**data))
    assert answer.status_code == 422
    assert says in text(answer)
    assert not Ticket.objects.exists()


def test_markup_stays_text_on_every_page() -> None:
    person = anna()
    client = signed_in(person)
    client.post(NEW, form(title=PAYLOAD, text=PAYLOAD))
    ticket = Ticket.objects.get()
    conversation.answer(ticket.pk, text=PAYLOAD, solves=False, by=SAM, now=clock.now())
    for page in ("/help/", reverse("ticket", args=[ticket.pk])):
        shown = text(client.get(page))
        assert "&lt;script&gt;alert(1)" in shown
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    for query in (PAYLOAD, "\x00", "%", "x" * 5000, "月" * 500):
        for page in ("/help/", NEW):
            answer = client.get(page, {"q": query})
            assert answer.status_code == 200
            assert "<script>alert" not in text(answer)


def test_where_somebody_was_goes_along_by_name_and_nothing_else_of_it() -> None:
    person = anna()
    client = signed_in(person)
    came = f"http://testserver/lines/{person.lines[0].pk}/usage/?from=2026"
    assert 'name="page" value="line_usage"' in text(client.get(NEW + "?write=1", HTTP_REFERER=came))
    for elsewhere in ("https://evil.example/usage/", "http://testserver/nowhere/", "http://testserver/account/logout/"):
        assert 'name="page" value' not in text(client.get(NEW + "?write=1", HTTP_REFERER=elsewhere))
    assert f'href="{NEW}?page=line_usage"' in text(client.get("/contact/", HTTP_REFERER=came))
    assert f"{NEW}?q=apn&amp;write=1&amp;page=usage" in text(client.get("/help/", {"q": "apn", "from": "usage"}))
    client.post(NEW, form(page="line_usage"))
    client.post(NEW, form(page="/admin/?secret=1"))
    assert sorted(Ticket.objects.values_list("page", flat=True)) == ["", "line_usage"]


def test_whoever_writes_too_often_is_told_and_nothing_is_written(settings: Any) -> None:
    settings.TICKETS_PER_PERSON_HOUR = 2
    client = signed_in(anna())
    first = form()
    assert [client.post(NEW, each).status_code for each in (first, first, form(), form())] == [302, 302, 302, 422]
    ticket = Ticket.objects.all()[0]
    page = reverse("ticket", args=[ticket.pk])
    assert client.post(page + "reply/", form()).status_code == 422
    assert Ticket.objects.count() == 2
    cache.clear()
    assert client.post(page + "reply/", form()).status_code == 302


def test_the_list_of_own_tickets_costs_the_same_with_many() -> None:
    person = anna()
    client = signed_in(person)
    ask(person)
    few = len(statements_of(client, "/help/"))
    for _number in range(12):
        ask(person)
    assert len(statements_of(client, "/help/")) == few <= 8


def test_the_old_addresses_still_lead_here() -> None:
    person = anna()
    client = signed_in(person)
    assert "How can we help?" in text(client.get("/contact/"))
    assert client.get("/contact/", {"order": str(uuid.UUID(int=1))})["Location"] == f"{NEW}?order={uuid.UUID(int=1)}"
    assert client.get("/contact/", {"order": "//evil.example"})["Location"] == NEW


def test_every_article_is_a_page_in_each_language_and_its_links_lead_somewhere() -> None:
    from support.articles.shelf import ARTICLES

    client, links = signed_in(anna()), set[str]()
    assert len(ARTICLES) == len({article.slug for article in ARTICLES}) >= 20
    for article in ARTICLES:
        page = client.get(reverse("help_article", args=[article.slug]))
        assert page.status_code == 200
        links |= set(re.findall(r'<a class="button[^"]*" href="([^"?]+)"', text(page)))
    assert {url for url in links if client.get(url).status_code not in {200, 302}} == set()
    assert client.get("/help/articles/nothing/").status_code == 404


def test_internal_notes_never_reach_their_person() -> None:
    person = anna()
    ticket = ask(person)
    conversation.note(ticket.pk, text="Looks like fraud.", by=SAM, now=clock.now())
    with translation.override("en"):
        assert "fraud" not in text(signed_in(person).get(reverse("ticket", args=[ticket.pk])))
