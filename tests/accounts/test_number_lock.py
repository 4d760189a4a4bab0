"""A number stays with us unless its owner opens the lock, and leaves by a code that the core knows by its hash."""

import hashlib
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import hold
from accounts.devices import number_lock, porting
from accounts.devices.changing import NotYours
from accounts.models import Line, NumberUnlock, PortOutCode, Subscriber
from lib import clock
from notifications.models import Message
from provisioning.models import Command
from tests import cast
from tests.accounts.devices import ask_for_swap, card_of, give_factor, past_triggers, signed_in, told

pytestmark = pytest.mark.django_db


def let_pass(time: timedelta) -> None:
    """As if the lock had been opened so much earlier."""
    with past_triggers():
        names = ("asked_at", "opens_at", "closes_at")
        NumberUnlock.objects.update(**{name: F(name) - time for name in names})


def opened(line: Line, owner: Subscriber) -> NumberUnlock:
    return number_lock.open_up(line.pk, subscriber=owner, by_second_factor=True)


def test_a_number_is_locked_until_its_owner_opens_it(line, owner) -> None:
    assert not number_lock.is_open(line)
    with pytest.raises(porting.Locked):
        porting.make(line.pk, subscriber=owner)
    assert (PortOutCode.objects.count(), Message.objects.count()) == (0, 0)


def test_with_a_password_alone_it_opens_a_day_later_and_the_owner_is_told(line, owner) -> None:
    first = number_lock.open_up(line.pk, subscriber=owner, by_second_factor=False, session="Chrome · Android")
    assert number_lock.open_up(line.pk, subscriber=owner, by_second_factor=False) == first
    assert first.opens_at - first.asked_at == timedelta(hours=24)
    assert told("lock_changed") == [("email", owner.email), ("sms", line.msisdn)]
    assert not number_lock.is_open(line)
    let_pass(timedelta(hours=25))
    assert number_lock.is_open(line)
    let_pass(timedelta(days=7))
    assert (number_lock.is_open(line), number_lock.standing(line)) == (False, None)


def test_the_database_holds_the_day_for_who_has_no_second_factor(line, owner) -> None:
    real = clock.real_now()
    with pytest.raises(IntegrityError, match="unlock_waits_a_day"), transaction.atomic():
        NumberUnlock.objects.create(
            line=line, subscriber=owner, asked_at=real, opens_at=real, closes_at=real + timedelta(days=1)
        )


def test_a_second_factor_opens_it_at_once_also_what_was_waiting(line, owner) -> None:
    number_lock.open_up(line.pk, subscriber=owner, by_second_factor=False)
    opened(line, owner)
    assert number_lock.is_open(line)
    assert line.number_unlocks.filter(ended_at=None).count() == 1


def test_a_code_is_told_to_the_core_as_its_hash_and_to_nobody_else(line, owner) -> None:
    opened(line, owner)
    made = porting.make(line.pk, subscriber=owner)
    assert porting.make(line.pk, subscriber=owner) == made
    text = porting.in_words(made)
    assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", text)
    plain = text.replace("-", "")
    payload = Command.objects.get().payload
    assert payload == {
        "code_sha256": hashlib.sha256(plain.encode()).hexdigest(),
        "until": made.until_at.isoformat(),
    }
    assert made.until_at - made.made_at == timedelta(days=30)
    assert told("port_code") == [("email", owner.email), ("sms", line.msisdn)]
    written = str(list(Message.objects.values())) + str(PortOutCode.objects.values().get())
    assert plain not in written
    assert text not in written


def test_locking_it_again_makes_the_code_worthless(line, owner) -> None:
    opened(line, owner)
    porting.make(line.pk, subscriber=owner)
    for _click in range(2):
        porting.lock_again(line.pk, subscriber=owner)
    code = PortOutCode.objects.get()
    assert (code.code_sealed, porting.in_words(code), porting.standing(line)) == (None, "", None)
    assert Command.objects.latest("sequence").payload == {"code_sha256": "", "until": None}
    assert Command.objects.count() == 2
    with pytest.raises(porting.Locked):
        porting.make(line.pk, subscriber=owner)


def test_while_a_swap_waits_the_number_stays(line, owner) -> None:
    ask_for_swap(card_of(line), owner)
    opened(line, owner)
    with pytest.raises(porting.SwapIsWaiting):
        porting.make(line.pk, subscriber=owner)


def test_nobody_else_opens_locks_or_gets_a_code(line, owner) -> None:
    opened(line, owner)
    stranger = cast.bao()
    with pytest.raises(NotYours):
        number_lock.open_up(line.pk, subscriber=stranger, by_second_factor=True)
    with pytest.raises(NotYours):
        porting.make(line.pk, subscriber=stranger)
    with pytest.raises(NotYours):
        porting.lock_again(line.pk, subscriber=stranger)
    client = signed_in(stranger, method="password")
    for deed in ("unlock", "lock", "code"):
        assert client.post(f"/devices/number/{line.pk}/{deed}/").status_code == 404


def test_on_its_page_a_password_waits_and_a_second_factor_does_not(line, owner) -> None:
    path = f"/devices/number/{line.pk}/unlock/"
    assert "/reauthenticate/" in signed_in(owner).post(path)["Location"]
    page = signed_in(owner, method="password").post(path, follow=True)
    assert b"Opens soon" in page.content
    give_factor(owner)
    page = signed_in(owner, method="mfa").post(path, follow=True)
    assert b"The lock is open until" in page.content
    page = signed_in(owner, method="password").post(path, follow=True)  # open already
    assert b"The lock is open until" in page.content
    assert b"The lock opens on" not in page.content
    code = signed_in(owner, method="password").post(f"/devices/number/{line.pk}/code/")
    assert porting.in_words(PortOutCode.objects.get()).encode() in code.content
    assert "no-store" in code["Cache-Control"]
    assert b"paid out" in code.content
    assert porting.in_words(PortOutCode.objects.get()).encode() not in signed_in(owner).get("/devices/number/").content


def test_so_many_times_a_day_and_no_more_sms(line, owner) -> None:
    for _time in range(number_lock.A_DAY):
        opened(line, owner)
        porting.lock_again(line.pk, subscriber=owner)
    with pytest.raises(number_lock.OpenedTooOften):
        opened(line, owner)
    assert len(told("lock_changed")) == 2 * number_lock.A_DAY


def test_a_factor_of_today_opens_nothing_at_once_and_a_sign_in_changed_today_gives_no_code(line, owner) -> None:
    path = f"/devices/number/{line.pk}"
    give_factor(owner, ago=timedelta(hours=23))
    page = signed_in(owner, method="mfa").post(f"{path}/unlock/", follow=True)
    assert b"Opens soon" in page.content
    assert not number_lock.is_open(line)
    Authenticator.objects.update(created_at=clock.real_now() - timedelta(days=2))
    hold.begin(owner)
    signed_in(owner, method="mfa").post(f"{path}/unlock/")
    assert not number_lock.is_open(line)
    opened(line, owner)
    page = signed_in(owner, method="password").post(f"{path}/code/", follow=True)
    assert b"Until the day is over there is no code" in page.content
    assert not PortOutCode.objects.exists()
