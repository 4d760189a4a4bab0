"""Deleting an account: refused while money moves, a week to think, then a dump of the database says no more who it was."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import DatabaseError, connection, transaction

import support.forgetting
from accounts.erasing import wishes
from accounts.models import ErasureRequest, Line, LineOwnership, SignInChange, Subscriber
from accounts.my_data import addresses
from billing import ledger
from billing.models import AutoRenew, Order, OrderState, PaymentMethod, Receipt
from billing.receipts import numbering
from lib import clock
from lib.models import Alarm
from notifications.models import Message
from plans.models import SharingGroup
from portal.my_data import erasing
from support.models import Ticket
from tests.accounts.test_changing import PASSWORD, text
from tests.accounts.walking import Visitor, sent
from tests.billing.ordering import order_plan
from tests.my_data.owning import NOW, NUMBER, Life
from tests.stack.invariants import broken
from tests.support.asked import ask

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


@pytest.fixture
def life(tmp_path: Path) -> Life:
    lived = Life(tmp_path)
    lived.person.refresh_from_db()
    return lived


@pytest.fixture
def visitor(life: Life) -> Visitor:
    signed_in = Visitor()
    signed_in.sign_in(life.person.email, PASSWORD)
    signed_in.get("/account/delete/")
    signed_in.post("/account/reauthenticate/", password=PASSWORD, next="/account/delete/")
    return signed_in


def where(value: str) -> set[str]:
    """The tables in which `value` stands, in any column of any row."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT 1 FROM "{table}" AS one WHERE one::text ILIKE %s LIMIT 1', [f"%{value}%"])
            if cursor.fetchone():
                found.add(table)
    return found


def sweep(after: timedelta = WEEK) -> int:
    return erasing.sweep(now=NOW + after, real_now=clock.real_now() + after)


def test_a_dump_says_no_more_who_it_was_and_the_books_hold(life: Life, visitor: Visitor) -> None:
    numbering.number(now=NOW)
    Authenticator.objects.create(user=life.person, type="totp", data={"secret": "secretmark"})
    life.told("anna.old@example.com", "email", key="former")
    was = {"part": "email", "former": "anna.old@example.com", "told_to": "anna.old@example.com"}
    begun = life.person.created_at
    SignInChange.objects.create(subscriber=life.person, changed_at=begun + timedelta(microseconds=1), **was)
    Message.objects.filter(key="former:email").update(created_at=begun)
    credit = ledger.credit_of(life.line)[0]
    visitor.post("/account/delete/", email=life.person.email)
    assert not AutoRenew.objects.filter(off_at=None).exists()
    assert sweep(WEEK - timedelta(hours=1)) == 0
    assert sweep() == 1
    assert sweep() == 0
    kept_by_law = {"billing_receipt"}
    for value in (
        "anna@example.com",
        "anna.old@",
        "Annamark",
        "linemark",
        "payeemark",
        "linkmark",
        "simmark",
        "ticketmark",
        "secretmark",
        "···9876",
    ):
        left = where(value) - kept_by_law
        assert left == ({"billing_payee"} if value == "Annamark" else set()), value  # Bao's own name for the number
    assert where(NUMBER[1:]) <= {
        "accounts_line", "billing_payee", "provisioning_command", "notifications_message", "billing_receipt",
    }  # fmt: skip
    assert where("groupmark") == {"notifications_message"}  # what Bao was told when the group ended
    assert not Message.objects.filter(address=NUMBER).exists()
    line = Line.objects.get(pk=life.line.pk)
    assert not LineOwnership.objects.filter(line=line, until_at=None).exists()
    assert ledger.credit_of(line)[0] == credit
    assert visitor.where == "/account/login/"
    assert not UserSession.objects.exists()
    visitor.sign_in("anna@example.com", PASSWORD)
    assert visitor.where == "/account/login/"
    assert set(PaymentMethod.objects.values_list("state", "label")) == {("removed", "-")}
    assert "anna@example.com" in str(Receipt.objects.get(order=life.order).document)
    assert broken() == {}


def test_the_number_can_be_registered_again_and_shows_nothing_of_before(life: Life, visitor: Visitor) -> None:
    visitor.post("/account/delete/", email=life.person.email)
    sweep()
    newcomer = Visitor()
    newcomer.register(NUMBER, "new@example.com")
    assert newcomer.where == "/home/"
    person = Subscriber.objects.get(email="new@example.com")
    assert [line.pk for line in person.lines] == [life.line.pk]
    assert life.order.reference not in text(newcomer.get("/orders/"))


def test_it_is_asked_for_with_password_and_address_and_kept_by_the_link_in_the_mail(
    life: Life, visitor: Visitor
) -> None:
    refused = visitor.post("/account/delete/", email="other@example.com")
    assert refused.status_code == 422
    assert not ErasureRequest.objects.exists()
    visitor.post("/account/delete/", email="ANNA@example.com")
    visitor.post("/account/delete/", email="anna@example.com")
    assert (ErasureRequest.objects.count(), sent("erasure_asked")) == (1, ["anna@example.com"])
    path = urlsplit(str(Message.objects.get(kind="erasure_asked").context["url"])).path
    stranger = Visitor()
    assert "Keep my account" in text(stranger.get(path))
    assert ErasureRequest.objects.get().cancelled_at is None
    stranger.post(path)
    assert ErasureRequest.objects.get().cancelled_at is not None
    assert sweep() == 0
    assert visitor.where == "/home/"
    assert stranger.get(path).status_code == 404
    assert stranger.get("/account/delete/keep/x:y:z/").status_code == 404


def test_what_is_not_done_is_named_and_waited_for_and_in_the_end_somebody_looks(life: Life, visitor: Visitor) -> None:
    order = order_plan(life.person, now=NOW)
    page = text(visitor.get("/account/delete/"))
    assert f"Order {order.reference} is not done yet" in page
    assert "Delete my account" not in page
    assert visitor.post("/account/delete/", email=life.person.email).status_code == 422
    assert not ErasureRequest.objects.exists()
    order.refresh_from_db()
    with transaction.atomic():
        order.move_to(OrderState.CANCELLED)
    visitor.post("/account/delete/", email=life.person.email)
    late = order_plan(life.person, now=NOW)
    assert (sweep(), Alarm.objects.count()) == (0, 0)
    assert (sweep(timedelta(days=22)), sweep(timedelta(days=23))) == (0, 0)
    assert list(Alarm.objects.values_list("kind", flat=True)) == ["erasure.waits"]
    with transaction.atomic():
        late.move_to(OrderState.CANCELLED)
    assert sweep() == 1


def test_one_that_breaks_holds_up_no_other(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    for person in (life.other, life.person):  # the oldest breaks
        erasing.ask(person, now=NOW, real_now=clock.real_now())
    whole_forget = support.forgetting.forget

    def forget(subscriber: Subscriber, *more: Any) -> int:
        if subscriber == life.other:
            raise RuntimeError
        return whole_forget(subscriber, *more)

    monkeypatch.setattr(support.forgetting, "forget", forget)
    assert (sweep(), sweep()) == (1, 0)
    assert ErasureRequest.objects.get(erased_at=None).subscriber == life.other
    assert [(one.kind, one.detail) for one in Alarm.objects.all()] == [("erasure.broken", "RuntimeError")]


def test_who_keeps_it_a_moment_too_late_is_not_told_that_it_stays(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = erasing.ask(life.person, now=NOW, real_now=clock.real_now())
    assert sweep() == 1
    monkeypatch.setattr(wishes, "wish_of", lambda _token: wish)  # looked up just before
    assert Visitor().post(urlsplit(wishes.keep_path(wish)).path).status_code == 404


def test_where_they_were_signed_in_is_deleted_with_the_rest_even_if_signing_out_fails(
    life: Life, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasing.ask(life.person, now=NOW, real_now=clock.real_now())
    assert UserSession.objects.filter(user=life.person).exists()

    def breaks(*_key: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(import_module(settings.SESSION_ENGINE).SessionStore, "delete", breaks)
    assert sweep() == 1
    assert not UserSession.objects.exists()


def test_what_a_guest_wrote_is_theirs_as_long_as_the_address_was(life: Life) -> None:
    old, day = "anna.old@example.com", timedelta(days=1)
    SignInChange.objects.create(subscriber=life.person, part="email", former=old, told_to=old, changed_at=NOW + 2 * day)
    asked = ((old, 1), (old, 3), (life.person.email, 1), (life.person.email, 3))
    for email, days in asked:
        ask(None, now=NOW + days * day, email=email, title=f"{email} {days}")
    with transaction.atomic():
        support.forgetting.forget(life.person, addresses(life.person))
    left = Ticket.objects.exclude(title="-").values_list("title", flat=True)
    assert set(left) == {f"{old} 3", f"{life.person.email} 1"}


def test_who_has_to_wait_or_stays_after_all_loses_no_group(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = erasing.ask(life.person, now=NOW, real_now=clock.real_now())
    late = order_plan(life.person, now=NOW)
    assert sweep() == 0
    assert SharingGroup.objects.of(life.person).exists()
    with transaction.atomic():
        late.move_to(OrderState.CANCELLED)
    whole_sweep = erasing._carry_out

    def kept_meanwhile(wish_id: UUID, **more: Any) -> bool:
        wishes.keep(wish, real_now=clock.real_now())
        return whole_sweep(wish_id, **more)

    monkeypatch.setattr(erasing, "_carry_out", kept_meanwhile)
    assert sweep() == 0
    assert SharingGroup.objects.of(life.person).exists()


def test_staff_do_not_delete_themselves_here(life: Life) -> None:
    Subscriber.objects.filter(pk=life.person.pk).update(is_staff=True)
    with pytest.raises(erasing.NotYet):
        erasing.ask(Subscriber.objects.get(pk=life.person.pk), now=NOW, real_now=clock.real_now())


@pytest.mark.parametrize("change", [{"payer_email": "thief@example.com"}, {"price_minor": 1}])
def test_the_database_lets_a_payer_be_forgotten_and_nothing_else_be_written(life: Life, change: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError):
        Order.objects.filter(pk=life.order.pk).update(**change)
    assert Order.objects.filter(pk=life.order.pk).update(payer_email="") == 1
