"""The desk blocks a caller's SIM and stops a swap, with a reason; it sees no PUK and no code of an eSIM."""

import pytest
from django.test import Client

from accounts.devices import esim
from accounts.devices.esim import sealed_codes
from accounts.models import EsimOrder, Line, Sim, SimEvent, SimSwap, Subscriber
from lib.models import Audit
from tests.accounts.devices import PROFILE, PlayedCards, ask_for_swap, card_of, order_esim, told
from tests.admin.desk import signed_in, staff
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> Subscriber:
    return anna()


@pytest.fixture
def sim(owner: Subscriber) -> Sim:
    return card_of(owner.lines[0], codes_sealed=sealed_codes("12345678"))


def act(client: Client, line: Line, name: str, **posted: object) -> str:
    answer = client.post(f"/admin/accounts/line/{line.pk}/act/{name}/", posted, follow=True)
    return answer.content.decode()


def test_a_callers_sim_is_blocked_with_a_reason_and_the_owner_told(sim: Sim, owner: Subscriber) -> None:
    client = signed_in(staff("Sam"))
    assert "This field is required." in act(client, sim.line, "block-sim", sim=sim.pk, reason="")
    assert "The SIM is blocked" in act(client, sim.line, "block-sim", sim=sim.pk, reason="knew the last  order")
    sim.refresh_from_db()
    event, audit = SimEvent.objects.get(), Audit.objects.get(deed="sim.blocked")
    assert (sim.state, event.reason, audit.reason) == ("blocked", "knew the last order", "knew the last order")
    assert event.actor == audit.actor
    assert event.actor.startswith("staff:")
    assert audit.line_id == sim.line_id
    assert told("sim_blocked") == [("email", owner.email)]


def test_a_swap_is_stopped_for_a_caller(sim: Sim, owner: Subscriber) -> None:
    ask_for_swap(sim, owner)
    client = signed_in(staff("Sam"))
    act(client, sim.line, "stop-swap", reason="")
    assert SimSwap.objects.get().state == "waiting"
    assert "The swap is stopped" in act(client, sim.line, "stop-swap", reason="did not ask for it")
    swap = SimSwap.objects.get()
    assert (swap.state, swap.vetoed_by) == ("vetoed", "staff")
    assert Audit.objects.get(deed="swap.stopped").reason == "did not ask for it"


def test_who_only_looks_on_cannot_do_either(sim: Sim, owner: Subscriber) -> None:
    ask_for_swap(sim, owner)
    client = signed_in(staff("Vera", group="viewer"))
    for name in ("block-sim", "stop-swap"):
        answer = client.post(f"/admin/accounts/line/{sim.line_id}/act/{name}/", {"sim": sim.pk, "reason": "why not"})
        assert answer.status_code == 403
    sim.refresh_from_db()
    assert (sim.state, SimSwap.objects.get().state) == ("active", "waiting")


def test_nobody_at_the_desk_reads_a_puk_or_the_code_of_an_esim(
    sim: Sim, owner: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esim, "cards", PlayedCards)
    order = order_esim(sim.line, owner)
    esim.prepare(order.pk)
    assert EsimOrder.objects.get().code_sealed
    page = signed_in(staff("Root", is_superuser=True)).get(f"/admin/accounts/line/{sim.line_id}/change/")
    html = page.content.decode()
    assert sim.iccid in html
    assert [secret for secret in ("12345678", PROFILE.puk, PROFILE.matching_id, "LPA:") if secret in html] == []
