"""One contract for every core that is reached over HTTP: a stub, and the sandbox with the faults it can be asked for."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from lib.http import CalledInsideTransaction
from provisioning.core.http import HttpCore
from provisioning.core.protocol import Accepted, Instruction, OutcomeUnknown, Refused
from tests.conftest import free_port
from tests.notifications.stubs import HttpStub
from tests.sandbox_process import Sandbox

PERIOD = {
    "period": "order:1",
    "plan": "month-15",
    "kind": "plan",
    "starts_at": "2026-11-23T12:00:00+00:00",
    "ends_at": "2026-12-23T12:00:00+00:00",
    "is_cancelled": False,
    "beyond_by_credit": False,
    "allowances": [
        {"unit": "data", "granted": 15_000_000_000, "is_frozen": False},
        {"unit": "voice", "granted": None, "is_frozen": True},
    ],
}
LINE = UUID("019a2f00-0000-7000-8000-000000000001")
INSTRUCTION = Instruction(
    id=UUID("019a2f00-0000-7000-8000-0000000000aa"),
    line_id=LINE,
    msisdn="+4917604069011",
    kind="period_set",
    payload=PERIOD,
)


@dataclass
class Far:
    """The other end, as a test wants to say it."""

    says: Callable[[str], object]
    #: ids of what it has taken, each as often as it was told
    taken: Callable[[], list[str]]
    settings: Any = field(repr=False)

    def is_gone(self) -> None:
        self.settings.CORE_API_URL = f"http://127.0.0.1:{free_port()}/core"


@pytest.fixture(params=["stub", "sandbox"])
def far(request, settings, monkeypatch) -> Far:
    monkeypatch.setattr("provisioning.core.http.READ_SECONDS", 0.4)
    if request.param == "stub":
        stub: HttpStub = request.getfixturevalue("stub")
        words = {"busy": "429", "trouble": "500", "never": "422"}
        return Far(
            says=lambda word: setattr(stub, "says", words.get(word, word)),
            taken=lambda: [message["id"] for message in stub.taken],
            settings=settings,
        )
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    orders: dict[str, dict[str, Any]] = {
        "busy": {"do": "error", "status": 429},
        "trouble": {"do": "error", "status": 500},
        "never": {"do": "reject", "status": 422},
        "silent": {"do": "timeout_after", "seconds": 1.0},
    }
    return Far(
        says=lambda word: sandbox.fault("core", **orders[word]),
        taken=lambda: [call["command"] for call in sandbox.core_calls()],
        settings=settings,
    )


def test_what_is_accepted_was_told_under_its_id(far):
    assert HttpCore().apply(INSTRUCTION) == Accepted()
    assert far.taken() == [str(INSTRUCTION.id)]


def test_the_same_command_again_is_accepted_again(far):
    core = HttpCore()
    assert [core.apply(INSTRUCTION) for _time in range(2)] == [Accepted()] * 2
    assert far.taken() == [str(INSTRUCTION.id)] * 2


@pytest.mark.parametrize("word", ["busy", "trouble"])
def test_what_was_not_accepted_for_now_may_be_tried_again(far, word):
    far.says(word)
    with pytest.raises(Refused) as refused:
        HttpCore().apply(INSTRUCTION)

    assert not refused.value.permanent
    assert far.taken() == []


def test_what_will_never_be_accepted_is_refused_for_good(far):
    far.says("never")
    with pytest.raises(Refused) as refused:
        HttpCore().apply(INSTRUCTION)

    assert refused.value.permanent
    assert far.taken() == []


def test_where_nobody_listens_nothing_was_accepted(far):
    far.is_gone()
    with pytest.raises(Refused) as refused:
        HttpCore().apply(INSTRUCTION)

    assert (refused.value.permanent, refused.value.code) == (False, "unreachable")


def test_an_answer_that_comes_too_late_is_one_effect(far):
    far.says("silent")
    with pytest.raises(OutcomeUnknown):
        HttpCore().apply(INSTRUCTION)

    assert far.taken() == [str(INSTRUCTION.id)]


@pytest.mark.django_db
def test_nothing_is_told_or_asked_inside_a_transaction(far):
    core = HttpCore()
    with transaction.atomic():
        with pytest.raises(CalledInsideTransaction):
            core.apply(INSTRUCTION)
        with pytest.raises(CalledInsideTransaction):
            core.snapshot(after=None)

    assert far.taken() == []


# --- What only the stub can say --------------------------------------------------------------------------------------------


def test_the_key_and_the_id_travel_in_the_head(stub):
    HttpCore().apply(INSTRUCTION)

    assert stub.headers[0]["Authorization"] == "Bearer the-key"
    assert stub.headers[0]["Idempotency-Key"] == str(INSTRUCTION.id)
    assert stub.taken[0] == {
        "id": str(INSTRUCTION.id),
        "line": str(LINE),
        "msisdn": "+4917604069011",
        "kind": "period_set",
        "payload": PERIOD,
    }


@pytest.mark.parametrize("status", ["302", "307", "408", "409", "502", "504"])
def test_a_redirect_is_not_followed_and_like_a_lost_answer_not_taken_for_acceptance(stub, status):
    stub.says = status
    with pytest.raises(OutcomeUnknown) as unknown:
        HttpCore().apply(INSTRUCTION)

    assert (unknown.value.code, len(stub.headers)) == (status, 1)


@pytest.mark.parametrize(
    ("status", "is_final"),
    [("400", True), ("401", False), ("403", False), ("404", False), ("410", True), ("503", False)],
)
def test_our_own_trouble_with_the_core_is_no_reason_to_give_a_command_up(stub, status, is_final):
    stub.says, stub.body = status, json.dumps({"code": "because"}).encode()
    with pytest.raises(Refused) as refused:
        HttpCore().apply(INSTRUCTION)

    assert (refused.value.permanent, refused.value.code) == (is_final, "because")


# --- What only the sandbox can say -----------------------------------------------------------------------------------------


def test_what_was_told_last_stands_in_the_snapshot(sandbox):
    core = HttpCore()
    core.apply(INSTRUCTION)
    state = {"state": "active", "since": "2026-11-23T12:00:00+00:00", "uses_credit": True}
    core.apply(replace(INSTRUCTION, id=UUID(int=2), kind="line_set", payload=state))
    sims = {"sims": [{"iccid": "8949000000000000011", "kind": "esim"}]}
    core.apply(replace(INSTRUCTION, id=UUID(int=4), kind="sims_set", payload=sims))
    core.apply(replace(INSTRUCTION, id=UUID(int=3), payload={**PERIOD, "ends_at": "2026-11-30T00:00:00+00:00"}))

    page = core.snapshot(after=None)
    (line,) = page.lines
    assert (line.line_id, line.msisdn, line.state, page.upto) == (LINE, "+4917604069011", "active", None)
    assert line.sims == frozenset({"8949000000000000011"})
    (period,) = line.periods
    assert (period.name, period.ends_at.isoformat(), period.is_cancelled) == (
        "order:1",
        "2026-11-30T00:00:00+00:00",
        False,
    )
    assert period.granted == {"data": 15_000_000_000, "voice": None}
    assert period.frozen == frozenset({"voice"})


def test_the_snapshot_comes_in_pages_by_the_ids_of_lines(sandbox, monkeypatch):
    monkeypatch.setattr("provisioning.core.http.PAGE", 2)
    core = HttpCore()
    for number in (5, 1, 4, 2, 3):
        told = {**PERIOD, "period": f"order:{number}"}
        core.apply(replace(INSTRUCTION, id=UUID(int=number), line_id=UUID(int=number), payload=told))
    found, after, pages = [], None, 0
    while True:
        page, pages = core.snapshot(after=after), pages + 1
        found += [line.line_id.int for line in page.lines]
        if (after := page.upto) is None:
            break

    assert (found, pages) == ([1, 2, 3, 4, 5], 3)


def test_one_id_for_two_commands_is_no_acceptance(sandbox):
    core = HttpCore()
    core.apply(INSTRUCTION)
    with pytest.raises(OutcomeUnknown, match="key_reused"):
        core.apply(replace(INSTRUCTION, payload={**PERIOD, "plan": "day-1"}))

    assert core.snapshot(after=None).lines[0].periods[0].granted["data"] == 15_000_000_000


def test_a_command_that_makes_no_sense_is_refused_for_good_with_the_cores_own_word(sandbox):
    for change, code in (({"kind": "sing"}, "unknown_kind"), ({"msisdn": "110"}, "unknown_number"), ({"payload": {}}, "incomplete")):  # fmt: skip
        with pytest.raises(Refused) as refused:
            HttpCore().apply(replace(INSTRUCTION, **change))
        assert (refused.value.permanent, refused.value.code) == (True, code)


def test_a_list_that_cannot_be_read_is_no_answer(sandbox):
    HttpCore().apply(INSTRUCTION)
    sandbox.change_core(LINE, period={"ends_at": "soon"})
    with pytest.raises(OutcomeUnknown, match="unreadable"):
        HttpCore().snapshot(after=None)


def test_the_page_shows_what_the_core_knows(sandbox):
    import requests

    HttpCore().apply(INSTRUCTION)
    page = requests.get(f"{sandbox.url}/core", timeout=5).text
    assert "+4917604069011" in page
    assert "15,000,000,000" in page
    assert requests.get(f"{sandbox.url}/core/lines.json", timeout=5).status_code == 401
