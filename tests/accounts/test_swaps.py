"""A number moves to a new SIM after a day, unless somebody says no: from the old SIM, by e-mail, on the page, at the desk."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import claims, hold
from accounts.devices import blocking, changing, esim, number_lock, porting, swapping
from accounts.devices.changing import By
from accounts.models import EsimOrder, Line, LineOwnership, Sim, SimSwap, Subscriber, SwapState
from lib import clock
from notifications.models import Message
from provisioning.core.cards import Card
from provisioning.core.protocol import Refused
from provisioning.models import Command
from tests import cast
from tests.accounts.devices import (
    ESIM_ICCID,
    ICCID,
    NEW_ICCID,
    PlayedCards,
    ask_for_swap,
    card_of,
    let_a_day_pass,
    order_esim,
    signed_in,
    told,
    veto_token,
)

pytestmark = pytest.mark.django_db
CARD = Card(iccid=NEW_ICCID, puk="87654321")


@pytest.fixture
def sim(owner: Subscriber) -> Sim:
    return card_of(owner.lines[0], label="Old phone")


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> PlayedCards:
    played = PlayedCards()
    monkeypatch.setattr(esim, "cards", lambda: played)
    return played


def in_the_line() -> list[tuple[str, bool]]:
    return list(Sim.objects.in_use().values_list("iccid", "gets_texts"))


def test_a_swap_waits_a_day_tells_both_and_changes_nothing(sim: Sim, owner: Subscriber) -> None:
    swap = ask_for_swap(sim, owner, card=CARD)
    assert swap.decides_at - swap.asked_at == timedelta(hours=24)
    assert told("swap_asked") == [("email", owner.email), ("sms", sim.line.msisdn)]
    assert swapping.sweep() == 0
    assert in_the_line() == [(ICCID, True)]
    assert Command.objects.count() == 0


def test_a_second_click_finds_the_first_and_another_wish_is_refused(sim: Sim, owner: Subscriber) -> None:
    first = ask_for_swap(sim, owner, card=CARD)
    assert ask_for_swap(sim, owner, card=CARD) == first
    with pytest.raises(swapping.SwapWaiting):
        ask_for_swap(sim, owner)
    assert (SimSwap.objects.count(), Message.objects.count()) == (1, 2)


def test_after_the_day_the_card_takes_over_once_and_the_old_one_is_out(sim: Sim, owner: Subscriber) -> None:
    swap = ask_for_swap(sim, owner, card=CARD)
    let_a_day_pass()
    assert [swapping.sweep() for _time in range(2)] == [1, 0]
    assert in_the_line() == [(NEW_ICCID, True)]
    new = Sim.objects.get(iccid=NEW_ICCID)
    assert (new.label, new.codes_sealed is not None) == ("Old phone", True)
    command = Command.objects.get()
    assert [one["iccid"] for one in command.payload["sims"]] == [NEW_ICCID]
    assert told("swap_done") == [("email", owner.email)]
    swap.refresh_from_db()
    assert (swap.state, swap.codes_sealed) == (SwapState.DONE, None)


def test_an_esim_takes_over_when_it_is_ready_and_the_old_sim_works_until_then(
    sim: Sim, owner: Subscriber, stock: PlayedCards
) -> None:
    ask_for_swap(sim, owner)
    let_a_day_pass()
    swapping.sweep()
    assert in_the_line() == [(ICCID, True)]
    order = EsimOrder.objects.get()
    assert (order.in_place_of_id, order.state) == (sim.pk, "asked")
    esim.prepare(order.pk)
    assert in_the_line() == [(ESIM_ICCID, True)]
    assert told("esim_ready") == [("email", owner.email), ("sms", sim.line.msisdn)]


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_each_link_says_no_once_without_signing_in_and_signs_out_who_asked(
    sim: Sim, owner: Subscriber, client: Any, channel: str
) -> None:
    ask_for_swap(sim, owner, card=CARD)
    UserSession.objects.create(user=owner, ip="198.51.100.1", session_key="x" * 32, user_agent="curl")
    path = f"/v/{veto_token(channel)}/"
    assert b"It was not me" in client.get(path).content
    assert SimSwap.objects.get().state == SwapState.WAITING
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda done, **_how: done())
        assert b"Stopped" in client.post(path).content
    swap = SimSwap.objects.get()
    assert (swap.state, swap.vetoed_by) == (SwapState.VETOED, channel)
    assert not UserSession.objects.exists()
    assert told("swap_vetoed") == [("email", owner.email), ("sms", sim.line.msisdn)]

    for answer in (client.get(path), client.post(path)):
        assert b"It was stopped already" in answer.content
    assert len(told("swap_vetoed")) == 2
    let_a_day_pass()
    assert swapping.sweep() == 0
    assert in_the_line() == [(ICCID, True)]


def test_a_link_nobody_was_sent_is_not_found(sim: Sim, owner: Subscriber, client: Any) -> None:
    ask_for_swap(sim, owner)
    token = veto_token("sms")
    for wrong in (token[:-1], token + "A", token.swapcase(), "x" * 300, "\N{SNOWMAN}"):
        assert client.get(f"/v/{wrong}/").status_code == 404
        assert client.post(f"/v/{wrong}/").status_code == 404
    assert SimSwap.objects.get().state == SwapState.WAITING


def test_tokens_are_hard_to_guess_and_kept_as_hashes_alone(sim: Sim, owner: Subscriber) -> None:
    ask_for_swap(sim, owner)
    assert (len(veto_token("sms")), len(veto_token("email"))) == (13, 32)  # 13 of 57 letters: 75 bits; 24 bytes
    swap = SimSwap.objects.values().get()
    rows = str(swap) + str(list(Message.objects.values_list("context", "sent_text")))
    assert not [channel for channel in ("sms", "email") if veto_token(channel) in rows]


def test_a_link_is_too_late_when_the_new_sim_has_taken_over(sim: Sim, owner: Subscriber, client: Any) -> None:
    ask_for_swap(sim, owner, card=CARD)
    let_a_day_pass()
    swapping.sweep()
    answer = client.post(f"/v/{veto_token('email')}/")
    assert b"The new SIM has taken over" in answer.content
    assert (SimSwap.objects.get().state, told("swap_vetoed")) == (SwapState.DONE, [])


def test_a_lost_sim_is_not_asked_and_an_sms_is_no_proof(sim: Sim, owner: Subscriber) -> None:
    blocking.block(sim.pk, line_id=sim.line_id, by=By.owner(owner), now=clock.now())
    with pytest.raises(swapping.ProofMissing):
        ask_for_swap(sim, owner)
    swap = ask_for_swap(sim, owner, proof="mail_factor")
    assert told("swap_asked") == [("email", owner.email)]
    assert swap.sms_token_hash is None
    assert swap.decides_at - swap.asked_at == timedelta(hours=24)
    swapping.veto(swapping.swap_of(veto_token("email")))
    assert told("swap_vetoed") == [("email", owner.email)]


def test_only_the_sim_with_texts_is_swapped_and_only_to_a_card_that_is_free(sim: Sim, owner: Subscriber) -> None:
    watch = card_of(sim.line, ESIM_ICCID, gets_texts=False)
    with pytest.raises(swapping.NotTheOneWithTexts):
        ask_for_swap(watch, owner)
    with pytest.raises(swapping.CardTaken):
        ask_for_swap(sim, owner, card=Card(iccid=ESIM_ICCID))
    with pytest.raises(changing.NotYours):
        ask_for_swap(sim, cast.bao())
    assert (SimSwap.objects.count(), Message.objects.count()) == (0, 0)


def test_its_owner_takes_it_back_and_is_not_signed_out(sim: Sim, owner: Subscriber) -> None:
    swap = ask_for_swap(sim, owner)
    with pytest.raises(changing.NotYours):
        swapping.cancel(swap, cast.bao())
    assert swapping.cancel(swap, owner)
    assert swapping.cancel(swap, owner)
    assert SimSwap.objects.get().state == SwapState.CANCELLED
    assert told("swap_vetoed") == []


def test_a_line_that_changed_hands_meanwhile_is_not_swapped(sim: Sim, owner: Subscriber) -> None:
    ask_for_swap(sim, owner, card=CARD)
    now = clock.now()
    LineOwnership.objects.update(until_at=now)
    LineOwnership.objects.create(line=sim.line, subscriber=cast.bao(), from_at=now)
    let_a_day_pass()
    swapping.sweep()
    assert (SimSwap.objects.get().state, in_the_line()) == (SwapState.CANCELLED, [(ICCID, True)])


def test_money_stays_until_a_day_after_a_swap(sim: Sim, owner: Subscriber) -> None:
    assert hold.until(owner) is None
    swap = ask_for_swap(sim, owner, card=CARD)
    assert hold.until(owner) == swap.decides_at + hold.HOLD
    swapping.cancel(swap, owner)
    assert hold.until(owner) is None
    ask_for_swap(sim, owner, card=CARD)
    let_a_day_pass()
    swapping.sweep()
    done = SimSwap.objects.get(state=SwapState.DONE)
    assert done.ended_at is not None
    assert hold.until(owner) == done.ended_at + hold.HOLD


def test_the_database_holds_the_day_whatever_python_believes(sim: Sim, owner: Subscriber) -> None:
    swap = ask_for_swap(sim, owner)
    rows = SimSwap.objects.filter(pk=swap.pk)
    with pytest.raises(IntegrityError, match="swap_held_a_day"), transaction.atomic():
        rows.update(decides_at=swap.asked_at + timedelta(hours=23))
    with pytest.raises(IntegrityError, match="swap_done_in_time"), transaction.atomic():
        rows.update(state="done", ended_at=clock.real_now())
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(mail_token_hash=b"other")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


def test_a_swap_that_breaks_holds_up_no_other(sim: Sim, owner: Subscriber, monkeypatch: Any) -> None:
    from lib.models import Alarm

    ask_for_swap(sim, owner)
    let_a_day_pass()
    monkeypatch.setattr(swapping, "complete", lambda *_args, **_facts: 1 / 0)
    assert swapping.sweep() == 1
    assert Alarm.objects.get().kind == "swap.broken"


@pytest.mark.django_db(transaction=True)
def test_of_a_veto_and_the_sweep_at_the_same_moment_exactly_one_wins(sim: Sim, owner: Subscriber) -> None:
    for number in range(4):
        iccid = f"89490000000000005{number:02}"
        current = Sim.objects.in_use().get()
        swap = ask_for_swap(current, owner, card=Card(iccid=iccid))
        let_a_day_pass()
        link = swapping.swap_of(veto_token("email"))
        barrier = threading.Barrier(3)
        said: list[object] = []

        def at_once(deed: Any, barrier: threading.Barrier = barrier, said: list[object] = said) -> None:
            barrier.wait()
            said.append(deed())
            connection.close()

        deeds: list[Any] = [partial(swapping.veto, link), swapping.sweep, swapping.sweep]
        threads = [threading.Thread(target=at_once, args=(deed,)) for deed in deeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        swap.refresh_from_db()
        assert swap.state in {SwapState.DONE, SwapState.VETOED}
        is_done = swap.state == SwapState.DONE
        assert any(one is True for one in said) is not is_done
        assert Sim.objects.filter(iccid=iccid).count() == int(is_done)
        assert Sim.objects.in_use().get().iccid == (iccid if is_done else current.iccid)
        done = Message.objects.filter(key__startswith=f"swap_done:{swap.pk}").count()
        no = Message.objects.filter(key__startswith=f"swap_vetoed:{swap.pk}:email").count()
        assert (done, no) == ((1, 0) if is_done else (0, 1))
    assert Line.objects.get().sims.in_use().count() == 1


def test_a_swap_does_not_count_the_orders_of_other_devices(sim: Sim, owner: Subscriber, stock: PlayedCards) -> None:
    order = order_esim(sim.line, owner)
    esim.prepare(order.pk)
    assert in_the_line() == [(ICCID, True), (ESIM_ICCID, False)]
    client = signed_in(owner, method="password")
    assert client.get(f"/devices/{order.pk}/swap/").status_code == 404


def test_so_many_swaps_a_day_and_no_more_sms(sim: Sim, owner: Subscriber) -> None:
    for _time in range(swapping.A_DAY):
        swapping.cancel(ask_for_swap(sim, owner), owner)
    with pytest.raises(swapping.AskedTooOften):
        ask_for_swap(sim, owner)
    assert len(told("swap_asked")) == 2 * swapping.A_DAY
    let_a_day_pass()
    assert ask_for_swap(sim, owner).state == SwapState.WAITING


def test_who_gets_a_line_by_its_sim_finds_no_swap_no_open_lock_and_no_code_of_its_former_owner(
    sim: Sim, owner: Subscriber
) -> None:
    line, newcomer = sim.line, cast.bao()
    number_lock.open_up(line.pk, subscriber=owner, by_second_factor=True)
    porting.make(line.pk, subscriber=owner)
    ask_for_swap(sim, owner)
    claims.prove(newcomer, line.msisdn, now=clock.now())
    assert claims.decide(now=clock.now() + timedelta(hours=25)) == 1
    assert SimSwap.objects.get().state == SwapState.CANCELLED
    assert (number_lock.is_open(line), porting.standing(line)) == (False, None)
    assert Command.objects.latest("sequence").payload == {"code_sha256": "", "until": None}
    assert in_the_line() == [(ICCID, True)]


def test_who_asks_first_and_blocks_the_old_sim_then_gets_no_new_one(sim: Sim, owner: Subscriber) -> None:
    ask_for_swap(sim, owner, card=CARD)
    blocking.block(sim.pk, line_id=sim.line_id, by=By.owner(owner), now=clock.now())
    let_a_day_pass()
    assert [swapping.sweep() for _time in range(2)] == [1, 0]
    assert (SimSwap.objects.get().state, in_the_line()) == (SwapState.CANCELLED, [(ICCID, True)])
    assert told("swap_vetoed") == [("email", owner.email)]
    assert Message.objects.get(kind="swap_vetoed").context["is_lost"] is True


def test_a_swap_ends_a_good_code_and_a_veto_closes_the_lock(sim: Sim, owner: Subscriber) -> None:
    line = sim.line
    number_lock.open_up(line.pk, subscriber=owner, by_second_factor=True)
    porting.make(line.pk, subscriber=owner)
    ask_for_swap(sim, owner)
    assert (porting.standing(line), number_lock.is_open(line)) == (None, True)
    with pytest.raises(porting.SwapIsWaiting):
        porting.make(line.pk, subscriber=owner)
    swapping.veto(swapping.swap_of(veto_token("email")))
    assert not number_lock.is_open(line)


def test_stopping_what_has_taken_over_says_so(sim: Sim, owner: Subscriber) -> None:
    swap = ask_for_swap(sim, owner, card=CARD)
    let_a_day_pass()
    swapping.sweep()
    page = signed_in(owner).post(f"/devices/swaps/{swap.pk}/cancel/", follow=True)
    assert b"the new SIM has taken over" in page.content
    assert b"Stopped. Your number stays" not in page.content


def test_whoever_gets_the_line_gets_no_esim_and_no_name_of_before(sim: Sim, owner: Subscriber, stock) -> None:
    line, newcomer = sim.line, cast.bao()
    order_esim(line, owner)
    ask_for_swap(sim, owner)
    let_a_day_pass()
    swapping.sweep()
    LineOwnership.objects.filter(line=line).update(from_at=clock.now() - timedelta(days=9))
    claims.prove(newcomer, line.msisdn, now=clock.now())
    assert claims.decide(now=clock.now() + timedelta(hours=25)) == 1
    for order in EsimOrder.objects.all():
        esim.prepare(order.pk)
    assert EsimOrder.objects.filter(in_place_of=sim).exists()
    assert set(EsimOrder.objects.values_list("state", "label")) == {("failed", "")}
    assert (stock.asked, in_the_line()) == ([], [(ICCID, True)])
    assert b"could not be prepared" not in signed_in(newcomer).get("/devices/").content


def test_an_esim_that_comes_after_another_swap_comes_to_nothing(sim: Sim, owner: Subscriber, stock) -> None:
    first = ask_for_swap(sim, owner)
    let_a_day_pass()
    swapping.sweep()  # the core is down: its eSIM stays asked for
    second = ask_for_swap(sim, owner, card=CARD)
    let_a_day_pass()
    swapping.sweep()
    for swap in (first, second):
        swap.refresh_from_db()
        assert swap.state == SwapState.DONE
    esim.prepare(EsimOrder.objects.get().pk)
    assert EsimOrder.objects.get().state == "failed"
    assert in_the_line() == [(NEW_ICCID, True)]


def test_a_swap_whose_esim_was_refused_is_asked_for_again_as_a_swap(sim: Sim, owner: Subscriber, stock) -> None:
    ask_for_swap(sim, owner)
    let_a_day_pass()
    swapping.sweep()
    order = EsimOrder.objects.get()
    stock.ends = [Refused("no_profiles", permanent=True)]
    esim.prepare(order.pk)
    page = signed_in(owner).get(f"/devices/esim/{order.pk}/").content.decode()
    assert f"/devices/{sim.pk}/swap/" in page
    assert "your number is still on its old SIM" in page
    assert "Order again" not in page
