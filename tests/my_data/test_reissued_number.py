"""A number that was given up and issued anew shows and gives its new owner nothing of the old, on any page and by any way in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts import claims
from accounts.models import Line, LineOwnership, LineState, Subscriber
from billing import ledger, releasing
from billing.models import AccountKind, AutoRenew, Order, Payee
from billing.standing import stops
from lib.brand import brand
from notifications import choices, outbox
from notifications.models import Message
from plans.groups import ending
from tests.accounts.devices import signed_in
from tests.cast import carla, line_of
from tests.my_data.owning import DAY, MARKS, NOW, NUMBER, Life

pytestmark = pytest.mark.django_db

#: What a route asks for, and where the old one's is.
OLD: dict[str, Any] = {
    "line_id": lambda life: life.line.pk,
    "order_id": lambda life: life.order.pk,
    "payee_id": lambda life: life.payee.pk,
    "method_id": lambda life: life.method.pk,
    "receipt_id": lambda _life: uuid4(),
    "payout_id": lambda _life: uuid4(),
    "account_id": lambda _life: uuid4(),
    "change_id": lambda _life: uuid4(),
    "page_id": lambda _life: uuid4(),
    "gift_id": lambda life: life.gift.pk,
    "sim_id": lambda life: life.sim.pk,
    "swap_id": lambda _life: uuid4(),
    "invite_id": lambda life: life.invite.pk,
    "member_id": lambda life: life.member.pk,
    "ask_id": lambda _life: uuid4(),
    "ticket_id": lambda life: life.ticket.pk,
    "allowance_id": lambda life: life.line.allowances.values_list("pk", flat=True)[0],
}
#: Nobody's pages, of which a path says which: nothing personal is behind them.
PUBLIC = {"code", "kind", "slug", "token", "provider", "pk", "uidb36", "key"}


@pytest.fixture
def life(tmp_path: Path) -> Life:
    """Anna's, until her number was given up."""
    lived = Life(tmp_path)
    lived.line.refresh_from_db()
    lived.line.move_to(LineState.SUSPENDED, reason="not used")
    Line.objects.filter(pk=lived.line.pk).update(state_since=NOW - brand().life.suspended)
    assert releasing.sweep(now=NOW) == 1
    lived.line.refresh_from_db()
    return lived


@pytest.fixture
def new_line(life: Life) -> Line:
    return line_of(NUMBER)


@pytest.fixture
def new_owner(new_line: Line) -> Subscriber:
    person = carla()
    Subscriber.objects.filter(pk=person.pk).update(msisdn=NUMBER)
    person.refresh_from_db()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    LineOwnership.objects.all().filter(subscriber=person).delete()
    assert claims.prove(person, NUMBER, now=NOW) == new_line
    return person


@pytest.fixture
def reader(new_owner: Subscriber) -> Client:
    """Who has just given the password, so that nothing hides behind asking for it."""
    return signed_in(new_owner, method="password")


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$")
        if isinstance(pattern, URLResolver) and not path.startswith("admin/"):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def words(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


def marks_in(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text or mark.lstrip("+") in text.replace(" ", "")]


def test_no_page_of_the_new_owner_holds_a_mark_of_the_old_and_no_old_address_answers(
    life: Life, reader: Client, new_line: Line
) -> None:
    shown, hidden = 0, 0
    for route in routes(get_resolver().url_patterns):
        names = set(re.findall(r"<(?:\w+:)?(\w+)>", route))
        if names & PUBLIC or "(?P" in route or route.startswith(("webhooks/", "healthz")):
            continue
        assert names <= set(OLD), f"{route}: say in OLD what of the old owner this page could show"
        old = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(OLD[found[1]](life)), route)
        answer = reader.get(old)
        assert marks_in(words(answer)) == [], old
        if names:
            assert answer.status_code in {404, 405}, old
            hidden += 1
        if names == {"line_id"}:
            answer = reader.get(old.replace(str(life.line.pk), str(new_line.pk)))
            assert answer.status_code in {200, 302, 405}
            assert marks_in(words(answer)) == [], route
            shown += 1
    assert (shown > 8, hidden > 25) == (True, True)


def test_no_button_of_the_old_owner_works_for_the_new_one(life: Life, reader: Client) -> None:
    before = (Order.objects.count(), Payee.objects.count(), ledger.credit_of(life.line))
    for route in routes(get_resolver().url_patterns):
        names = set(re.findall(r"<(?:\w+:)?(\w+)>", route))
        if not names or names & PUBLIC or "(?P" in route:
            continue
        old = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(OLD[found[1]](life)), route)
        expected = {302} if route.endswith("payees/<uuid:payee_id>/remove/") else {404, 405}
        assert reader.post(old).status_code in expected, old
    assert (Order.objects.count(), Payee.objects.count(), ledger.credit_of(life.line)) == before


def test_the_new_line_begins_empty_and_nothing_standing_saved_or_waiting_reaches_it(
    life: Life, new_line: Line, new_owner: Subscriber
) -> None:
    assert ledger.credit_of(new_line)[0].minor == 0
    assert ledger.account(AccountKind.SHORTFALL, currency="EUR", line=new_line).balance_minor in {0, None}
    assert [new_line.orders.count(), new_line.periods.count(), new_line.allowances.count()] == [0, 0, 0]
    assert not AutoRenew.objects.filter(off_at=None).exists()
    assert stops.of_former_owners(now=NOW) == 0
    life.person.refresh_from_db()
    assert life.person.msisdn is None
    assert list(Payee.objects.values_list("name", flat=True)) == ["payeemark"]
    sms, mail = (Message.objects.get(key=f"mark:{channel}") for channel in ("sms", "email"))
    assert (sms.state, mail.state) == ("suppressed", "due")
    assert choices.wanted(NUMBER)["plan_ended"] is True


def test_an_open_claim_on_the_old_line_gives_nobody_anything(life: Life, new_owner: Subscriber) -> None:
    assert claims.decide(now=NOW + 2 * DAY) == 0
    life.claim.refresh_from_db()
    assert (life.claim.granted_at, life.claim.vetoed_at) == (None, NOW + 2 * DAY)
    assert not life.other.lines.filter(msisdn=NUMBER).exists()
    Client().post(life.veto_path())
    assert list(new_owner.lines.values_list("msisdn", flat=True)) == [NUMBER]
    answer = Client().get(life.link_address.partition("localhost:8000")[2])
    assert (answer.status_code, marks_in(words(answer))) == (404, [])


def test_the_same_holds_when_a_line_changes_hands_by_a_claim(tmp_path: Path) -> None:
    lived = Life(tmp_path)
    assert claims.decide(now=NOW + timedelta(hours=25)) == 1
    assert ending.look_after(now=NOW + timedelta(hours=25)) == 1
    assert Message.objects.get(key="mark:sms").state == "suppressed"
    assert Message.objects.get(key="mark:email").state == "due"
    client = Client()
    client.force_login(lived.other)
    for path in (
        "/home/",
        "/orders/",
        "/credit/",
        "/usage/",
        f"/lines/{lived.line.pk}/usage/records/",
        "/receipts/",
        "/ways-to-pay/",
    ):
        found = set(marks_in(words(client.get(path)))) - {"+4917604069012"}  # the new owner's own number
        assert found == set(), path


def test_codes_for_the_number_go_to_whoever_holds_it() -> None:
    from accounts.adapter import _sms

    _sms("sign_in_code", NUMBER, {"code": "123456"}, language="en")
    assert outbox.withdraw_from(NUMBER) == 0
