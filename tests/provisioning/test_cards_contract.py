"""One contract for every stock of cards and profiles that is reached over HTTP: a stub, and the sandbox with the faults it can be asked for."""

import json
from typing import Any
from uuid import UUID

import pytest
import requests
from django.db import transaction

from lib.http import CalledInsideTransaction
from provisioning.core.cards import Card
from provisioning.core.cards_http import HttpCards
from provisioning.core.http import HttpCore
from provisioning.core.protocol import Instruction, OutcomeUnknown, Refused
from tests.notifications.stubs import HttpStub
from tests.sandbox_process import Sandbox

ORDER, OTHER = UUID(int=11), UUID(int=12)
NUMBER, ICCID = "+4917604069011", "8949000000000000428"
PROFILE = {
    "iccid": "8949009000000000001",
    "address": "smdp.example.com",
    "matching_id": "K7M2Q-ABCDE",
    "confirmation_code": "",
    "puk": "12345678",
    "is_installed": False,
}


class _Far:
    """The other end: the stub says what it is told to, the sandbox is asked for faults."""

    def __init__(self, stub: HttpStub | None, sandbox: Sandbox | None) -> None:
        self.stub, self.sandbox = stub, sandbox

    def says(self, status: int) -> None:
        if self.stub:
            self.stub.says = str(status)
        if self.sandbox:
            self.sandbox.fault("core", "reject" if status == 422 else "error", status=status)


@pytest.fixture(params=["stub", "sandbox"])
def far(request: Any) -> _Far:
    if request.param == "stub":
        stub: HttpStub = request.getfixturevalue("stub")
        stub.body = json.dumps(PROFILE).encode()
        return _Far(stub, None)
    return _Far(None, request.getfixturevalue("sandbox"))


def test_an_order_gets_a_profile_and_the_same_one_each_time(far: _Far) -> None:
    cards = HttpCards()
    first = cards.reserve(ORDER, msisdn=NUMBER)
    assert cards.reserve(ORDER, msisdn=NUMBER) == first
    assert first.iccid.startswith("89")
    assert (first.address.count("."), first.is_installed) == (2, False)
    assert first.matching_id not in repr(first)
    assert first.puk not in repr(first)


@pytest.mark.parametrize(("status", "is_final"), [(500, False), (429, False), (422, True)])
def test_a_refusal_says_whether_asking_again_is_of_use(far: _Far, status: int, is_final: bool) -> None:
    far.says(status)
    with pytest.raises(Refused) as refused:
        HttpCards().reserve(ORDER, msisdn=NUMBER)
    assert refused.value.permanent is is_final


@pytest.mark.django_db
def test_nothing_is_asked_inside_a_transaction(far: _Far) -> None:
    with transaction.atomic():
        for ask in (lambda: HttpCards().reserve(ORDER, msisdn=NUMBER), lambda: HttpCards().find(ICCID)):
            with pytest.raises(CalledInsideTransaction):
                ask()


def test_the_order_is_the_key_and_our_key_travels_in_the_head(stub: HttpStub) -> None:
    stub.body = json.dumps(PROFILE).encode()
    HttpCards().reserve(ORDER, msisdn=NUMBER)
    assert stub.headers[0]["Idempotency-Key"] == str(ORDER)
    assert stub.headers[0]["Authorization"] == "Bearer the-key"
    assert stub.taken == [{"id": str(ORDER), "msisdn": NUMBER}]


@pytest.mark.parametrize(
    "change",
    [
        {"iccid": "12"},
        {"address": "smdp.example.com$evil"},
        {"address": ""},
        {"matching_id": "<svg onload=x>"},
        {"matching_id": "A$B"},
    ],
)
def test_what_would_make_another_code_is_no_answer(stub: HttpStub, change: dict[str, str]) -> None:
    stub.body = json.dumps({**PROFILE, **change}).encode()
    with pytest.raises(OutcomeUnknown, match="unreadable"):
        HttpCards().reserve(ORDER, msisdn=NUMBER)


def test_a_card_of_ours_is_found_as_long_as_it_is_in_no_line(sandbox: Sandbox) -> None:
    cards = HttpCards()
    found = cards.find(ICCID)
    assert found is not None
    assert (found, len(found.puk)) == (Card(iccid=ICCID, puk=found.puk), 8)
    assert cards.find("8944000000000000001") is None
    assert cards.find("8949000000000000499") is None
    told = {"sims": [{"iccid": ICCID, "kind": "sim", "is_blocked": False, "gets_texts": True}]}
    instruction = Instruction(id=UUID(int=5), line_id=UUID(int=6), msisdn=NUMBER, kind="sims_set", payload=told)
    HttpCore().apply(instruction)
    assert cards.find(ICCID) is None


def test_two_orders_get_two_profiles_and_a_phone_may_install_one(sandbox: Sandbox) -> None:
    cards = HttpCards()
    profiles = [cards.reserve(order, msisdn=NUMBER) for order in (ORDER, OTHER)]
    assert len({profile.iccid for profile in profiles}) == len({profile.matching_id for profile in profiles}) == 2
    requests.post(f"{sandbox.url}/core/profiles/{ORDER}/install", timeout=5)
    assert [cards.reserve(order, msisdn=NUMBER).is_installed for order in (ORDER, OTHER)] == [True, False]
    assert NUMBER in requests.get(f"{sandbox.url}/core", timeout=5).text


def test_a_card_or_profile_is_told_to_nobody_without_a_key(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/core/cards/{ICCID}.json", timeout=5).status_code == 401
    assert requests.post(f"{sandbox.url}/core/profiles", json={}, timeout=5).status_code == 401
