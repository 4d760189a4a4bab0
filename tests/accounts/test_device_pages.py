"""The pages of a line's SIMs: who may see and press what, what is asked first, and what is never shown twice."""

from uuid import uuid4

import pytest
from django.test import Client

from accounts.devices import blocking, esim, new_card
from accounts.devices.changing import By
from accounts.devices.esim import sealed_codes
from accounts.models import EsimOrder, Line, Sim, SimEvent, SimSwap, Subscriber
from lib import clock
from tests import cast
from tests.accounts.devices import (
    NEW_ICCID,
    PROFILE,
    PlayedCards,
    ask_for_swap,
    card_of,
    give_factor,
    order_esim,
    signed_in,
)
from tests.accounts.walking import newest_code

pytestmark = pytest.mark.django_db
#: What stands behind the password: the button for all of them, a swap from its page on.
BEHIND_THE_PASSWORD = ("unblock", "remove", "puk", "swap")


@pytest.fixture
def sim(line: Line) -> Sim:
    return card_of(line, codes_sealed=sealed_codes("12345678"))


@pytest.fixture
def stock(monkeypatch: pytest.MonkeyPatch) -> PlayedCards:
    played = PlayedCards()
    monkeypatch.setattr(esim, "cards", lambda: played)
    monkeypatch.setattr(new_card, "cards", lambda: played)
    return played


def block(sim: Sim, owner: Subscriber) -> None:
    blocking.block(sim.pk, line_id=sim.line_id, by=By.owner(owner), now=clock.now())


def everything() -> tuple[object, ...]:
    return (
        list(Sim.objects.values_list("state", "label", "until_at")),
        SimEvent.objects.count(),
        SimSwap.objects.count(),
        EsimOrder.objects.count(),
    )


def test_looking_changes_nothing_and_nothing_personal_is_kept_in_caches(sim, owner, stock) -> None:
    order = order_esim(sim.line, owner)
    before, client = everything(), signed_in(owner, method="password")
    paths = ["", "esim/", f"esim/{order.pk}/", "number/", "internet/"]
    paths += [f"{sim.pk}/{name}/" for name in ("lost", "name", *BEHIND_THE_PASSWORD)]
    for path in paths:
        answer = client.get(f"/devices/{path}")
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True), path
    assert everything() == before


def test_a_stranger_finds_nothing_and_nobody_is_sent_to_sign_in(sim, owner, stock) -> None:
    order, swap = order_esim(sim.line, owner), ask_for_swap(sim, owner)
    before, client = everything(), signed_in(cast.bao(), method="password")
    paths = [f"{sim.pk}/{name}/" for name in ("lost", "name", "swap/code", *BEHIND_THE_PASSWORD)]
    paths += [f"esim/{order.pk}/", f"esim/{order.pk}/installed/", f"swaps/{swap.pk}/cancel/"]
    for path in paths:
        assert client.post(f"/devices/{path}", {"to": "esim"}).status_code == 404, path
        assert "/login/" in Client().post(f"/devices/{path}")["Location"], path
    assert everything() == before


@pytest.mark.parametrize("name", BEHIND_THE_PASSWORD)
def test_what_could_harm_asks_for_the_password_once_more(sim, owner, name) -> None:
    for client in (signed_in(owner), signed_in(owner, method="password", ago=3600)):
        answer = client.post(f"/devices/{sim.pk}/{name}/", {"to": "esim"})
        assert "/reauthenticate/" in answer["Location"]
    assert SimEvent.objects.count() == SimSwap.objects.count() == 0


def test_blocking_takes_two_taps_and_no_password(sim, owner) -> None:
    client = signed_in(owner)
    assert f"/devices/{sim.pk}/lost/" in client.get("/devices/").content.decode()
    assert b"Block now" in client.get(f"/devices/{sim.pk}/lost/").content
    page = client.post(f"/devices/{sim.pk}/lost/", follow=True).content.decode()
    assert "Blocked. Nobody can use this SIM now." in page
    assert "Get a new SIM" in page
    assert "Found it? Unblock" in page
    assert SimEvent.objects.get().session == "Chrome · Android"


def test_a_puk_is_in_one_answer_only_and_never_at_the_desk(sim, owner) -> None:
    client = signed_in(owner, method="password")
    assert b"12345678" not in client.get(f"/devices/{sim.pk}/puk/").content
    shown = client.post(f"/devices/{sim.pk}/puk/")
    assert b"12345678" in shown.content
    assert "no-store" in shown["Cache-Control"]
    assert b"12345678" not in client.get(f"/devices/{sim.pk}/puk/").content
    assert [event.deed for event in SimEvent.objects.all()] == ["puk_shown"]


def test_an_esim_is_ordered_once_prepared_shown_and_then_shown_no_more(sim, owner, stock) -> None:
    client = signed_in(owner, method="password")
    wish = {"device": "watch", "label": " Anna’s  watch ", "form_token": str(uuid4())}
    paths = {client.post("/devices/esim/", wish)["Location"] for _click in range(2)}
    order = EsimOrder.objects.get()
    assert (paths, order.label) == ({f"/devices/esim/{order.pk}/"}, "Anna’s watch")
    (path,) = paths
    assert b"Being prepared" in client.get(path).content
    esim.prepare(order.pk)
    assert PROFILE.matching_id.encode() not in client.get(path).content
    assert "/reauthenticate/" in signed_in(owner).post(path)["Location"]
    shown = client.post(path)
    assert PROFILE.matching_id.encode() in shown.content
    assert b"LPA:1$smdp.refill.example$" in shown.content
    assert b'class="segno"' in shown.content
    assert "no-store" in shown["Cache-Control"]
    client.post(f"{path}installed/")
    for answer in (client.get(path), client.post(path)):
        assert PROFILE.matching_id.encode() not in answer.content
        assert b'class="segno"' not in answer.content
    assert [event.deed for event in SimEvent.objects.all()] == ["code_shown", "added"]


def test_a_full_line_says_so_and_what_to_do(sim, owner, settings) -> None:
    settings.SIMS_PER_LINE = 1
    client = signed_in(owner, method="password")
    assert b"This number has as many SIMs as it may" in client.get("/devices/").content
    answer = client.post("/devices/esim/", {"device": "watch", "label": "", "form_token": str(uuid4())})
    assert answer.status_code == 422
    assert b"This number has as many SIMs as it may: 1. Take one out first." in answer.content


def test_a_new_card_is_looked_up_before_anything_is_asked_for(sim, owner, stock) -> None:
    client, path = signed_in(owner, method="password"), f"/devices/{sim.pk}/swap/"
    for wrong in ("", "12345", "8949000000000000999", sim.iccid):
        answer = client.post(path, {"to": "sim", "iccid": wrong})
        assert (answer.status_code, SimSwap.objects.count()) == (422, 0), wrong
    grouped = f"{NEW_ICCID[:7]} {NEW_ICCID[7:12]}-{NEW_ICCID[12:]} f"
    page = client.post(path, {"to": "sim", "iccid": grouped}, follow=True)
    assert b"Asked for. It takes over in 24 hours" in page.content
    swap = SimSwap.objects.get()
    assert (swap.to_iccid, swap.proof, swap.session) == (NEW_ICCID, "old_sim", "Chrome · Android")


def test_card_numbers_cannot_be_tried_out(sim, owner, stock) -> None:
    client = signed_in(owner, method="password")
    for number in range(12):
        client.post(f"/devices/{sim.pk}/swap/", {"to": "sim", "iccid": f"89490000000000006{number:02}"})
    assert len(stock.looked_up) == 10


def test_for_a_lost_sim_a_password_and_a_code_by_e_mail_are_asked(sim, owner, stock) -> None:
    block(sim, owner)
    client, path = signed_in(owner, method="password"), f"/devices/{sim.pk}/swap/"
    assert b"Send the code by e-mail" in client.get(path).content
    assert client.post(path, {"to": "esim"}).status_code == 422
    client.post(f"{path}code/")
    code = newest_code("email")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert b"4 tries are left." in client.post(path, {"to": "esim", "code": wrong}).content
    assert SimSwap.objects.count() == 0
    client.post(path, {"to": "esim", "code": code})
    assert SimSwap.objects.get().proof == "mail_pw"


def test_who_has_a_second_factor_gives_it_too(sim, owner, stock) -> None:
    block(sim, owner)
    give_factor(owner)
    path = f"/devices/{sim.pk}/swap/"
    answer = signed_in(owner, method="password").get(path)
    assert answer["Location"].startswith("/account/2fa/reauthenticate/")
    client = signed_in(owner, method="mfa")
    client.post(f"{path}code/")
    client.post(path, {"to": "esim", "code": newest_code("email")})
    assert SimSwap.objects.get().proof == "mail_factor"


def test_a_code_is_burnt_after_five_wrong_ones_and_good_for_its_sim_alone(sim, owner, stock) -> None:
    block(sim, owner)
    client, path = signed_in(owner, method="password"), f"/devices/{sim.pk}/swap/"
    client.post(f"{path}code/")
    code = newest_code("email")
    for number in range(1, 6):
        client.post(path, {"to": "esim", "code": f"{(int(code) + number) % 10**6:06}"})
    assert client.post(path, {"to": "esim", "code": code}).status_code == 422
    assert signed_in(owner, method="password").post(path, {"to": "esim", "code": code}).status_code == 422
    assert SimSwap.objects.count() == 0


def test_a_line_without_a_known_card_says_whom_to_call(owner) -> None:
    page = signed_in(owner).get("/devices/").content.decode()
    assert "We do not know this number’s SIM" in page
    assert "Add an eSIM" not in page


def test_names_are_shown_as_text(sim, owner) -> None:
    client = signed_in(owner)
    client.post(f"/devices/{sim.pk}/name/", {"label": "<b>phone</b>", "device": "tablet"})
    page = client.get("/devices/").content.decode()
    assert "&lt;b&gt;phone&lt;/b&gt;" in page
    assert "<b>phone" not in page
    assert client.post(f"/devices/{sim.pk}/name/", {"label": "x" * 41, "device": "spoon"}).status_code == 422
