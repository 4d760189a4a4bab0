"""Several numbers in one account, and a number that changes hands only after its owner was asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts import claims
from accounts.models import Line, LineClaim, LineOwnership, LineState, Subscriber
from notifications.models import Message
from tests.accounts.walking import Visitor, codes, newest_code, sent
from tests.cast import anna, bao, line_of

PASSWORD = "correct horse battery"
SECOND = "+4917604069016"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def owner(db: None) -> Subscriber:
    return proven(anna())


@pytest.fixture
def visitor(owner: Subscriber) -> Visitor:
    signed_in = Visitor()
    signed_in.client.force_login(owner)
    return signed_in


def proven(person: Subscriber) -> Subscriber:
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_another_number_is_added_by_its_code_and_becomes_the_one_looked_at(visitor: Visitor, owner: Subscriber) -> None:
    line = line_of(SECOND)
    page = visitor.post("/account/lines/add/", phone="0176 040 690 16")
    assert 'name="code"' in text(page)
    home = visitor.post("/account/lines/confirm/", code=" ".join(newest_code("sms")))
    assert "is now on your account" in text(home)
    assert list(owner.lines)[1] == line
    assert visitor.client.session["line"] == str(line.pk)


def test_a_number_that_is_not_ours_sees_the_same_page_and_gets_nothing(visitor: Visitor) -> None:
    line_of(SECOND)
    ours = text(visitor.post("/account/lines/add/", phone=SECOND))
    other = text(visitor.post("/account/lines/add/", phone="+491701234567"))
    assert ('name="code"' in ours) is ('name="code"' in other) is True
    assert [address for address, _code in codes("sms")] == [SECOND]


@pytest.mark.parametrize("typed", ["", "abc", "+", "9" * 50, "+49176\x00", "<script>"])
def test_what_is_no_number_is_said_beside_the_field(visitor: Visitor, typed: str) -> None:
    answer = visitor.post("/account/lines/add/", phone=typed)
    assert answer.status_code == 422
    assert "<script>" not in text(answer).partition("<main")[2]
    assert not sent()


def test_five_wrong_codes_burn_the_code(visitor: Visitor, owner: Subscriber) -> None:
    line_of(SECOND)
    visitor.post("/account/lines/add/", phone=SECOND)
    right = newest_code("sms")
    wrong = "000000" if right != "000000" else "111111"
    answers = [text(visitor.post("/account/lines/confirm/", code=wrong)) for _try in range(5)]
    assert "4 tries are left" in answers[0]
    assert "this was the last try" in answers[4]
    visitor.post("/account/lines/confirm/", code=right)
    assert owner.lines.count() == 1


def test_a_code_older_than_ten_minutes_is_none(visitor: Visitor, owner: Subscriber) -> None:
    line_of(SECOND)
    visitor.post("/account/lines/add/", phone=SECOND)
    session = visitor.client.session
    session["line-proof"] = {**session["line-proof"], "at": session["line-proof"]["at"] - 601}
    session.save()
    answer = visitor.post("/account/lines/confirm/", code=newest_code("sms"))
    assert "The code is too old" in text(answer)
    assert owner.lines.count() == 1


def test_too_many_codes_for_one_number_are_a_message_at_the_field(visitor: Visitor, settings: Any) -> None:
    settings.SMS_CODES_PER_NUMBER_HOUR = 1
    line_of(SECOND)
    visitor.post("/account/lines/add/", phone=SECOND)
    answer = visitor.post("/account/lines/add/", phone=SECOND)
    assert answer.status_code == 422
    assert "too many codes" in text(answer)


def test_only_ones_own_line_can_be_looked_at(visitor: Visitor, owner: Subscriber) -> None:
    foreign = bao().lines.get()
    for line in (str(foreign.pk), "", "x", "0" * 36):
        assert visitor.client.post("/account/lines/switch/", {"line": line}).status_code == 404
    mine = owner.lines.get()
    answer = visitor.client.post("/account/lines/switch/", {"line": str(mine.pk), "next": "//evil.example"})
    assert answer["Location"] == "/home/"
    assert visitor.client.get("/account/lines/switch/").status_code == 405


def ask_for(claimant: Subscriber, number: str) -> LineClaim:
    assert claims.prove(claimant, number, now=NOW) is None
    return LineClaim.objects.get(subscriber=claimant)


def test_without_a_no_the_line_changes_hands_after_a_day_and_its_number_signs_the_owner_in_no_longer(
    owner: Subscriber, django_capture_on_commit_callbacks: Any
) -> None:
    session = Visitor()
    session.sign_in("anna@example.com", PASSWORD)
    line, claimant = owner.lines.get(), proven(bao())
    ask_for(claimant, line.msisdn)
    assert claims.decide(now=NOW + timedelta(hours=23, minutes=59)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert claims.decide(now=NOW + timedelta(hours=24)) == 1
    assert LineOwnership.objects.get(line=line, until_at=None).subscriber == claimant
    owner.refresh_from_db()
    assert owner.msisdn is None
    assert session.where == "/account/login/"
    assert claims.decide(now=NOW + timedelta(hours=25)) == 0


def test_the_owner_says_no_by_a_link_without_signing_in_and_only_by_the_button(owner: Subscriber) -> None:
    claim = ask_for(proven(bao()), "+4917604069011")
    link = Message.objects.get(kind="line_claim").context["url"]
    path = link[link.index("/account/") :]
    stranger = Visitor()
    page = text(stranger.get(path))
    assert "<form" in page
    claim.refresh_from_db()
    assert claim.vetoed_at is None
    assert "bao" not in page.lower()
    assert stranger.post(path).status_code == 200
    assert LineClaim.objects.exclude(vetoed_at=None).get() == claim
    assert claims.decide(now=NOW + timedelta(days=2)) == 0
    assert owner.lines.count() == 1
    assert stranger.get(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é", "x" * 3000])
def test_a_link_that_is_none_is_not_there(token: str) -> None:
    assert Visitor().get(f"/account/lines/claims/{token}/").status_code == 404


def test_asking_twice_is_one_claim_and_one_mail() -> None:
    claimant = proven(bao())
    ask_for(claimant, "+4917604069011")
    ask_for(claimant, "+4917604069011")
    assert sent("line_claim") == ["anna@example.com"]


def test_a_released_number_is_nobodys_and_its_new_line_starts_empty(owner: Subscriber) -> None:
    line = owner.lines.get()
    with_moves(line, LineState.ACTIVE, LineState.SUSPENDED, LineState.RELEASED)
    fresh = line_of("+4917604069011")
    assert claims.prove(proven(bao()), "+4917604069011", now=NOW) == fresh
    assert LineOwnership.objects.get(line=fresh).subscriber.email == "bao@example.com"


def with_moves(line: Line, *states: LineState) -> None:
    for state in states:
        line.move_to(state, reason="test")


def test_the_profile_keeps_name_language_and_time_zone_and_says_what_is_wrong(
    visitor: Visitor, owner: Subscriber
) -> None:
    answer = visitor.post("/account/profile/", name="  Anna \u202e Ä  ", language="zh-hans", time_zone="Asia/Shanghai")
    assert answer.status_code == 200
    owner.refresh_from_db()
    assert (owner.language, owner.time_zone) == ("zh-hans", "Asia/Shanghai")
    for wrong in ({"language": "xx"}, {"time_zone": "Mars/Base"}, {"name": "x" * 500}, {"name": "a\x00b"}):
        fields = {"name": "Anna", "language": "en", "time_zone": "Europe/Berlin", **wrong}
        assert visitor.post("/account/profile/", **fields).status_code == 422
    owner.refresh_from_db()
    assert owner.time_zone == "Asia/Shanghai"
