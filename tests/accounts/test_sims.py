"""The cards of a line: their states in the database, blocked and unblocked, taken out, named, their PUK, and nothing of them left for the
next owner of a number.
"""

from contextlib import suppress
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from accounts.devices import blocking, number_lock, porting, puk, removing
from accounts.devices.changing import By, LineEnded, NotYours, TakenOut
from accounts.models import DeviceKind, Line, LineState, Sim, SimEvent, SimState, Subscriber
from billing import ledger, releasing
from billing.models import LedgerEntry
from lib import clock
from lib.brand import brand
from lib.moves import IllegalMove
from notifications.models import Message
from provisioning.models import Command
from tests import cast
from tests.accounts.devices import ESIM_ICCID, ICCID, ask_for_swap, card_of, told
from tests.billing.money import give_credit
from tests.cast import line_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sim(line: Line) -> Sim:
    return card_of(line)


def by(person: Subscriber) -> By:
    return By.owner(person, "Chrome · Android")


def told_the_core() -> list[list[tuple[str, bool, bool]]]:
    """(ICCID, blocked, gets texts) of each SIM, command by command."""
    rows = Command.objects.filter(kind="sims_set").order_by("sequence")
    return [[(one["iccid"], one["is_blocked"], one["gets_texts"]) for one in row.payload["sims"]] for row in rows]


def test_the_database_lets_a_sim_go_only_where_it_may(sim: Sim) -> None:
    with pytest.raises(IllegalMove):
        sim.move_to(SimState.ACTIVE)
    for change in ({"state": "ended"}, {"until_at": clock.now()}):  # both or none
        with pytest.raises(IntegrityError), transaction.atomic():
            Sim.objects.filter(pk=sim.pk).update(**change)
    sim.move_to(SimState.ENDED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sim.objects.filter(pk=sim.pk).update(state="active", until_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sim.objects.create(line=sim.line, iccid=ESIM_ICCID, state="blocked")


def test_a_card_stays_itself_and_what_happened_to_it_is_kept(sim: Sim, owner: Subscriber) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Sim.objects.filter(pk=sim.pk).update(iccid=ESIM_ICCID)
    blocking.block(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    for deed in (SimEvent.objects.all().delete, lambda: SimEvent.objects.update(actor="nobody")):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_only_one_sim_of_a_line_gets_texts(sim: Sim) -> None:
    with pytest.raises(IntegrityError, match="sim_one_gets_texts"), transaction.atomic():
        card_of(sim.line, ESIM_ICCID)
    assert card_of(sim.line, ESIM_ICCID, gets_texts=False).gets_texts is False


def test_a_lost_sim_is_blocked_the_core_and_the_owner_are_told_once(sim: Sim, owner: Subscriber) -> None:
    for _click in range(2):
        blocking.block(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    sim.refresh_from_db()
    assert sim.state == SimState.BLOCKED
    assert told_the_core() == [[(ICCID, True, True)]]
    event = SimEvent.objects.get()
    assert (event.deed, event.actor, event.session) == ("blocked", f"subscriber:{owner.pk}", "Chrome · Android")
    assert told("sim_blocked") == [("email", owner.email)]
    assert Message.objects.count() == 1
    sim.line.refresh_from_db()
    assert sim.line.state == LineState.STOCK


def test_a_found_sim_is_unblocked_unless_a_new_one_is_about_to_take_its_place(sim: Sim, owner: Subscriber) -> None:
    blocking.block(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    blocking.unblock(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    assert told_the_core() == [[(ICCID, True, True)], [(ICCID, False, True)]]
    assert told("sim_unblocked") == [("email", owner.email)]

    blocking.block(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    ask_for_swap(Sim.objects.get(pk=sim.pk), owner, proof="mail_pw")
    with pytest.raises(blocking.ReplacedSoon):
        blocking.unblock(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())


def test_nobody_else_blocks_names_or_removes(sim: Sim, owner: Subscriber) -> None:
    stranger = cast.bao()
    for deed in (blocking.block, blocking.unblock, removing.remove):
        with pytest.raises(NotYours):
            deed(sim.pk, line_id=sim.line_id, by=by(stranger), now=clock.now())
    sim.refresh_from_db()
    assert (sim.state, SimEvent.objects.count()) == (SimState.ACTIVE, 0)


def test_a_sim_that_gets_no_texts_is_taken_out_the_other_only_by_a_swap(sim: Sim, owner: Subscriber) -> None:
    watch = card_of(sim.line, ESIM_ICCID, gets_texts=False)
    removing.remove(watch.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    assert told_the_core() == [[(ICCID, False, True)]]
    with pytest.raises(TakenOut):
        removing.remove(watch.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    with pytest.raises(removing.GetsTexts):
        removing.remove(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())


def test_a_name_is_the_owners_own_and_tells_nobody(sim: Sim) -> None:
    removing.rename(sim, label="Work", device=DeviceKind.TABLET)
    sim.refresh_from_db()
    assert (sim.label, sim.device) == ("Work", "tablet")
    assert (Command.objects.count(), Message.objects.count()) == (0, 0)


def test_a_puk_is_sealed_and_each_look_is_written_down_and_told(sim: Sim, owner: Subscriber) -> None:
    from accounts.devices.esim import sealed_codes

    with pytest.raises(puk.NotKnown):
        puk.show(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now())
    Sim.objects.filter(pk=sim.pk).update(codes_sealed=sealed_codes("12345678"))
    assert b"12345678" not in bytes(Sim.objects.get().codes_sealed or b"")
    assert puk.show(sim.pk, line_id=sim.line_id, by=by(owner), now=clock.now()) == "12345678"
    event = SimEvent.objects.get()
    assert (event.deed, event.actor, event.session) == ("puk_shown", f"subscriber:{owner.pk}", "Chrome · Android")
    assert told("puk_shown") == [("email", owner.email)]
    assert "12345678" not in str(list(Message.objects.values()))


def test_a_number_that_was_given_up_and_given_out_again_has_none_of_the_old_sims(sim: Sim, owner: Subscriber) -> None:
    line, now = sim.line, clock.now()
    card_of(line, ESIM_ICCID, gets_texts=False)
    ask_for_swap(sim, owner)
    Line.objects.filter(pk=line.pk).update(
        state=LineState.SUSPENDED, state_since=now - brand().life.suspended - timedelta(days=1)
    )
    assert releasing.sweep(now=now) == 1
    assert set(Sim.objects.values_list("state", flat=True)) == {SimState.ENDED}
    assert told_the_core()[-1] == []
    assert line.sim_swaps.get().state == "cancelled"
    with pytest.raises(LineEnded):
        blocking.unblock(sim.pk, line_id=line.pk, by=By(actor="staff:1"), now=now)

    again = line_of(line.msisdn)
    assert list(again.sims.all()) == []
    assert list(Sim.objects.in_use()) == []


def test_a_number_that_has_moved_away_leaves_nothing_running_and_its_credit_payable(
    sim: Sim, owner: Subscriber
) -> None:
    line = sim.line
    Line.objects.filter(pk=line.pk).update(state=LineState.ACTIVE)
    give_credit(line, 500)
    number_lock.open_up(line.pk, subscriber=owner, by_second_factor=True)
    porting.make(line.pk, subscriber=owner)
    for _time in range(2):
        with suppress(CommandError):
            call_command("number_moved_away", line.msisdn, stdout=StringIO())
    line.refresh_from_db()
    owner.refresh_from_db()
    assert (line.state, line.state_reason) == (LineState.PORTED_OUT, "moved to another operator")
    assert list(Sim.objects.in_use()) == []
    assert porting.standing(line) is None
    assert ledger.credit_of(line)[0].minor == 0
    assert LedgerEntry.objects.get(kind="released").amount_minor == 500
    assert told("line_released") == [("email", owner.email)]
    assert owner.msisdn is None
    kinds = list(Command.objects.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["port_set", "line_set", "port_set", "sims_set"]
