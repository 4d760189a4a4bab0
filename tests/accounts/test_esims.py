"""An eSIM from the wish to the device: one profile an order however often it is asked for, a sealed code, and nothing by halves."""

from datetime import timedelta

import pytest
import segno
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.devices import esim, qr, removing
from accounts.devices.changing import By
from accounts.devices.esim import ActivationCode
from accounts.models import EsimOrder, EsimOrderState, Line, LineState, Sim, Subscriber
from lib import clock
from lib.models import Alarm
from provisioning.core.cards import Profile
from provisioning.core.protocol import OutcomeUnknown, Refused
from provisioning.models import Command
from tests.accounts.devices import (
    ESIM_ICCID,
    ICCID,
    PROFILE,
    PlayedCards,
    card_of,
    order_esim,
    past_triggers,
    signed_in,
    told,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(owner: Subscriber) -> Line:
    card_of(owner.lines[0])
    return owner.lines[0]


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> PlayedCards:
    played = PlayedCards()
    monkeypatch.setattr(esim, "cards", lambda: played)
    return played


def let_time_pass() -> None:
    EsimOrder.objects.update(next_try_at=F("next_try_at") - timedelta(hours=1))


def test_an_esim_is_in_the_line_once_however_often_it_is_asked_for(line, owner, stock) -> None:
    order = order_esim(line, owner)
    assert order_esim(line, owner, form_token=order.form_token) == order
    for _time in range(3):
        esim.prepare(order.pk)
    order.refresh_from_db()
    assert (order.state, stock.asked) == (EsimOrderState.READY, [order.pk])
    sim = Sim.objects.get(kind="esim")
    assert (sim.iccid, sim.label, sim.device, sim.gets_texts) == (ESIM_ICCID, "Anna’s watch", "watch", False)
    assert [one["iccid"] for one in Command.objects.get().payload["sims"]] == [ICCID, ESIM_ICCID]
    assert told("esim_ready") == [("email", owner.email), ("sms", line.msisdn)]


def test_its_code_is_sealed_and_forgotten_once_it_is_installed(line, owner, stock) -> None:
    order = order_esim(line, owner)
    esim.prepare(order.pk)
    order.refresh_from_db()
    assert PROFILE.matching_id.encode() not in bytes(order.code_sealed or b"")
    code = esim.code_of(order)
    assert code
    assert code.text == "LPA:1$smdp.refill.example$K7M2Q-ABCDE-23456-XYZ99"
    stock.ends = [Profile(**{**PROFILE.__dict__, "is_installed": True})]
    let_time_pass()
    esim.sweep()
    order.refresh_from_db()
    assert (order.state, order.code_sealed, esim.code_of(order)) == (EsimOrderState.INSTALLED, None, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        EsimOrder.objects.update(code_sealed=b"again")


def test_its_owner_may_say_so_first(line, owner, stock) -> None:
    order = order_esim(line, owner)
    esim.installed(order.pk, line_id=line.pk)  # nothing is ready yet
    assert EsimOrder.objects.get().state == EsimOrderState.ASKED
    esim.prepare(order.pk)
    for _click in range(2):
        esim.installed(order.pk, line_id=line.pk)
    assert EsimOrder.objects.get().state == EsimOrderState.INSTALLED


def test_a_code_asks_for_a_confirmation_where_the_operator_wants_one() -> None:
    code = ActivationCode(address="smdp.example", matching_id="ABC-1", confirmation_code="4711")
    assert code.text == "LPA:1$smdp.example$ABC-1$$1"


def test_the_picture_holds_the_code_and_needs_no_exception_in_the_policy() -> None:
    code = ActivationCode(address="smdp.refill.example", matching_id="K7M2Q-ABCDE-23456-XYZ99")
    svg = qr.picture(code)
    expected = segno.make(code.text, error="m", boost_error=False, micro=False)
    assert svg == expected.svg_inline(omitsize=True, border=4)
    assert (expected.mode, "style=" in svg, "<script" in svg) == ("byte", False, False)


@pytest.mark.parametrize("trouble", [OutcomeUnknown("Timeout"), Refused("503", permanent=False)])
def test_what_nobody_answered_for_is_asked_again_under_the_same_id(line, owner, stock, trouble) -> None:
    stock.ends = [trouble]
    order = order_esim(line, owner)
    esim.prepare(order.pk)
    order.refresh_from_db()
    assert (order.state, order.error_code) == (EsimOrderState.ASKED, trouble.code)
    assert Sim.objects.count() == 1
    let_time_pass()
    esim.sweep()
    assert (EsimOrder.objects.get().state, stock.asked) == (EsimOrderState.READY, [order.pk] * 2)


def test_what_is_refused_for_good_is_told_and_nothing_changes(line, owner, stock) -> None:
    stock.ends = [Refused("no_profiles", permanent=True)]
    esim.prepare(order_esim(line, owner).pk)
    assert EsimOrder.objects.get().state == EsimOrderState.FAILED
    assert (Sim.objects.count(), Command.objects.count(), told("esim_ready")) == (1, 0, [])
    assert Alarm.objects.get().kind == "esim.refused"
    assert b"Your eSIM could not be prepared" in signed_in(owner).get("/devices/").content


def test_our_people_hear_of_an_esim_that_nobody_prepares(line, owner, stock) -> None:
    stock.ends = [OutcomeUnknown("Timeout")] * 2
    order_esim(line, owner)
    with past_triggers():
        EsimOrder.objects.update(asked_at=F("asked_at") - timedelta(hours=1))
    for _time in range(2):
        let_time_pass()
        esim.sweep()
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["esim.behind"]


def test_a_line_that_has_ended_meanwhile_gets_none(line, owner, stock) -> None:
    order = order_esim(line, owner)
    Line.objects.filter(pk=line.pk).update(state=LineState.BLOCKED)
    Line.objects.filter(pk=line.pk).update(state=LineState.PORTED_OUT)
    esim.prepare(order.pk)
    assert (EsimOrder.objects.get().state, Sim.objects.count()) == (EsimOrderState.FAILED, 1)


def test_a_line_has_so_many_sims_and_no_more(line, owner, stock) -> None:
    for number in range(settings.SIMS_PER_LINE - 2):
        card_of(line, f"89490000000000007{number:02}", gets_texts=False)
    order_esim(line, owner)  # on its way: counts
    with pytest.raises(esim.TooMany):
        order_esim(line, owner)
    assert EsimOrder.objects.count() == 1


def test_a_line_whose_card_we_do_not_know_gets_none(owner) -> None:
    with pytest.raises(esim.NoCardKnown):
        order_esim(owner.lines[0], owner)


def test_somebody_who_orders_again_and_again_is_asked_to_call(line, owner, stock, settings) -> None:
    settings.ESIMS_PER_MONTH = 1
    order_esim(line, owner)
    with pytest.raises(esim.TooOften):
        order_esim(line, owner)


def test_with_its_sim_the_code_of_an_esim_goes(line, owner, stock) -> None:
    order = order_esim(line, owner)
    esim.prepare(order.pk)
    order.refresh_from_db()
    assert order.sim_id
    removing.remove(order.sim_id, line_id=line.pk, by=By.owner(owner), now=clock.now())
    order.refresh_from_db()
    assert (order.state, order.code_sealed) == (EsimOrderState.FAILED, None)
    client = signed_in(owner, method="password")
    page = client.post(f"/devices/esim/{order.pk}/").content
    assert b"Taken out" in page
    assert PROFILE.matching_id.encode() not in page
    assert b"could not be prepared" not in client.get("/devices/").content


def test_one_that_breaks_holds_up_no_other(line, owner, stock) -> None:
    stock.ends = [RuntimeError()]
    broken, other = order_esim(line, owner), order_esim(line, owner)
    let_time_pass()
    assert esim.sweep() == 2
    assert (EsimOrder.objects.get(pk=broken.pk).state, EsimOrder.objects.get(pk=other.pk).state) == ("asked", "ready")
    assert [(one.kind, one.detail) for one in Alarm.objects.all()] == [("esim.broken", "RuntimeError")]
