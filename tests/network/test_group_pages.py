"""The pages of a group: who sees what of whom, what a foreign id, a second click and a wrong code get, and that nothing leaks."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Line, LineOwnership, Subscriber
from lib import clock
from plans.groups import asking, inviting
from plans.models import (
    Allowance,
    AskState,
    GroupAsk,
    GroupInvite,
    GroupMember,
    GroupPause,
    GroupShare,
    GroupUse,
    SharingGroup,
)
from plans.models.group import STEP_BYTES
from tests.billing.money import give_credit
from tests.cast import carla, line_of, person
from tests.counting import statements_of
from tests.network.conftest import Load
from tests.network.groups import group_of, member_of, owner_of, shared
from tests.network.writing import DAY, HOUR, MB, NOW, row

pytestmark = pytest.mark.django_db
BEN = "+4917604069012"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def group(line: Line) -> SharingGroup:
    """Anna's, with a running plan of 10 GB."""
    made = group_of(line)
    shared(made.line, 10_000 * MB)
    return made


@pytest.fixture
def member(group: SharingGroup) -> GroupMember:
    """Ben, with a cap of a gigabyte."""
    return member_of(group, ben().lines[0], 2 * STEP_BYTES)


def ben() -> Subscriber:
    return person("Ben", BEN)


def signed_in(person: Subscriber) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    plain = re.sub(r"<(style|script).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", plain)).replace("\xa0", " ")


def page(client: Client, path: str = "/group/", status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return text(answer)


def post(client: Client, path: str, **data: Any) -> str:
    """Follows to the page that says what came of it."""
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200, answer.status_code
    return text(answer)


def test_from_nothing_to_a_member_and_what_each_sees_of_the_other(line: Line) -> None:
    owner, who = owner_of(line), ben()
    give_credit(owner.lines[0], 4321)
    shared(owner.lines[0], 10_000 * MB)
    mine, theirs = signed_in(owner), signed_in(who)
    assert "Share the data of this number" in page(mine)
    assert "Nobody has joined yet" in post(mine, "/group/start/", shows="Anna B")
    shown = post(mine, "/group/invitations/", cap="1.5")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", shown)
    assert code
    assert code[0] not in page(mine)
    check = post(theirs, "/group/join/", code=code[0].lower())
    assert "Anna B shares data with you" in check
    assert "1.5 GB in each plan period" in check
    assert "+49•••••9011" in check
    joined = post(theirs, "/group/join/check/", line=who.lines[0].pk, shows="Ben")
    assert "The group of Anna B" in joined
    assert "1.5 GB of your 1.5 GB" in joined
    for seen in (check, joined, page(theirs)):
        assert "069011" not in seen
        assert "43.21" not in seen
    seen = page(mine)
    assert "Ben" in seen
    assert "+49•••••9012" in seen
    assert "069012" not in seen


def test_who_used_what_adds_up_on_the_owners_page_and_says_not_where(
    group: SharingGroup, member: GroupMember, load: Load
) -> None:
    load([
        row("o", amount=2000 * MB),
        row("m", number=BEN, amount=800 * MB, country="FR"),
        row("n", number=BEN, amount=100 * MB, at=NOW - HOUR),
    ])  # fmt: skip
    mine = signed_in(owner_of(group.line))
    seen = page(mine)
    assert "7.1 GB left of 10 GB" in seen
    assert re.search(r"You 2 GB Ben 900 MB Left 7.1 GB", seen)
    assert "100 MB left of 1 GB in this plan period" in seen
    assert "France" not in seen
    bucket = group.line.allowances.get()
    why = page(mine, f"/lines/{group.line_id}/usage/allowances/{bucket.pk}/")
    assert re.search(r"Used by this number · 1 use −2 GB −2,000,000,000 bytes", why)
    assert "Used by Ben of your group −900 MB −900,000,000 bytes" in why
    assert "7.1 GB 7,100,000,000 bytes" in why
    assert "France" not in why
    assert "France" not in page(mine, f"/lines/{group.line_id}/usage/records/?allowance={bucket.pk}")
    month = page(mine, f"/lines/{group.line_id}/usage/?show=month&of=2026-11")
    assert "Data 2 GB 2,000,000,000 bytes" in month
    assert "900" not in month


def test_a_members_usage_says_what_the_group_paid(group: SharingGroup, member: GroupMember, load: Load) -> None:
    load([row("m", number=BEN, amount=800 * MB), row("n", number=BEN, amount=300 * MB, at=NOW - HOUR)])
    theirs, line = signed_in(member.subscriber), member.line
    month = page(theirs, f"/lines/{line.pk}/usage/?show=month&of=2026-11")
    assert "From your sharing group 1 GB Not covered, and not charged 100 MB" in month
    listed = page(theirs, f"/lines/{line.pk}/usage/records/?paid=group")
    assert "Data · 2 uses 1 GB 1,000,000,000 bytes of uses of 1.1 GB" in listed
    assert "200 MB · From your sharing group 100 MB · Not covered, and not charged" in listed
    file = theirs.get(f"/lines/{line.pk}/usage/records.csv")
    rows = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    assert rows.count("From your sharing group: ") == 2
    assert "Month" not in rows


def test_cap_pause_and_answers_by_the_owner(group: SharingGroup, member: GroupMember) -> None:
    mine, path = signed_in(owner_of(group.line)), f"/group/members/{member.pk}/"
    assert post(mine, path, cap="2.5").count("left of 2.5 GB in this plan period") == 1
    assert mine.post(path, {"cap": "2.3"}).status_code == 422
    assert "no cap" in post(mine, path, cap="")
    post(mine, path, cap="1")
    assert "Paused" in post(mine, path + "pause/")
    post(mine, path + "pause/")
    assert GroupPause.objects.count() == 1
    assert "may use your data again" in post(mine, path + "resume/")
    theirs = signed_in(member.subscriber)
    assert "You have asked for 1 GB more" in post(theirs, "/group/ask/", amount=2 * STEP_BYTES)
    assert theirs.post("/group/ask/", {"amount": 3}).status_code == 422
    ask = GroupAsk.objects.get()
    assert "Ben asks for 1 GB more" in page(mine)
    assert "It can be used at once" in post(mine, f"/group/asks/{ask.pk}/approve/")
    assert "answered already" in post(mine, f"/group/asks/{ask.pk}/refuse/")
    assert GroupShare.objects.get().extra_bytes == 2 * STEP_BYTES
    assert "2 GB of your 2 GB" in page(theirs)


def test_leaving_removing_and_dissolving_each_ask_first(group: SharingGroup, member: GroupMember) -> None:
    mine, theirs = signed_in(owner_of(group.line)), signed_in(member.subscriber)
    assert "stays yours" in page(theirs, "/group/leave/")
    assert "It is told by SMS" in page(mine, f"/group/members/{member.pk}/remove/")
    assert "What is left is all yours" in page(mine, "/group/dissolve/")
    assert GroupMember.objects.filter(left_at=None).exists()
    assert "You have left the group." in post(theirs, "/group/leave/")
    assert theirs.post("/group/leave/").status_code == 404
    assert "The group is dissolved." in post(mine, "/group/dissolve/")
    assert mine.post("/group/dissolve/").status_code == 404
    assert "Share the data of this number" in page(mine)


def test_what_is_somebody_elses_is_not_there(group: SharingGroup, member: GroupMember) -> None:
    """The member is no owner, the owner no member, and a stranger neither."""
    invite, _code = inviting.invite(group=group, cap_bytes=None, now=NOW)
    ask = asking.ask(member=member, amount_bytes=STEP_BYTES, now=NOW)
    of_owner = [
        f"/group/invitations/{invite.pk}/revoke/", f"/group/members/{member.pk}/", f"/group/members/{member.pk}/pause/",
        f"/group/members/{member.pk}/resume/", f"/group/members/{member.pk}/remove/", f"/group/asks/{ask.pk}/approve/",
        f"/group/asks/{ask.pk}/refuse/", "/group/dissolve/", "/group/invitations/",
    ]  # fmt: skip
    for client in (signed_in(member.subscriber), signed_in(carla())):
        for path in of_owner:
            assert client.post(path, {"cap": "9"}).status_code == 404, path
        assert client.get(f"/group/invitations/{invite.pk}/").status_code == 404
        assert client.get(f"/group/members/{member.pk}/").status_code == 404
    owner = signed_in(owner_of(group.line))
    for path in ("/group/leave/", "/group/ask/"):
        assert owner.post(path, {"amount": STEP_BYTES}).status_code == 404
    assert Client().get("/group/").status_code == 302
    member.refresh_from_db()
    ask.refresh_from_db()
    assert (member.cap_bytes, member.left_at, ask.state) == (2 * STEP_BYTES, None, AskState.OPEN)
    assert not GroupPause.objects.exists()


def test_looking_changes_nothing_and_a_new_owner_of_either_number_sees_nothing(
    group: SharingGroup, member: GroupMember
) -> None:
    new = carla()
    for line in (group.line, member.line):
        LineOwnership.objects.filter(line=line).update(until_at=NOW - DAY)
        LineOwnership.objects.create(line=line, subscriber=new, from_at=NOW - DAY)
    client = signed_in(new)
    for line in (group.line, member.line):
        session = client.session
        session["line"] = str(line.pk)
        session.save()
        seen = page(client)
        assert "Share the data of this number" in seen
        assert "Ben" not in seen
    for path in ("start/", "ask/", f"members/{member.pk}/pause/", "invitations/"):
        assert client.get(f"/group/{path}").status_code in {404, 405}
    assert GroupMember.objects.get() == member


def test_who_gets_the_number_while_a_period_runs_sees_a_sum_of_the_former_group_and_no_name(
    group: SharingGroup, member: GroupMember
) -> None:
    data = Allowance.objects.get(line=group.line)
    Allowance.objects.filter(pk=data.pk).update(used=300 * MB)
    GroupUse.objects.create(member=member, allowance=data, used_bytes=300 * MB)
    path = reverse("usage_allowance", args=[group.line_id, data.pk])
    assert "Used by Ben of your group" in text(signed_in(group.owner).get(path))
    new = carla()
    LineOwnership.objects.filter(line=group.line).update(until_at=NOW - DAY)
    LineOwnership.objects.create(line=group.line, subscriber=new, from_at=NOW - DAY)
    seen = text(signed_in(new).get(path))
    assert "Ben" not in seen
    assert "Used before the number came to you" in seen


def test_too_many_wrong_codes_are_refused_and_a_code_never_stands_in_an_address_or_a_log(
    group: SharingGroup, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.GROUP_TRIES_PER_ACCOUNT_HOUR = 3
    _invite, code = inviting.invite(group=group, cap_bytes=None, now=NOW)
    client = signed_in(ben())
    for number in range(3):
        answer = client.post("/group/join/", {"code": f"WRNG0000000{number}"})
        assert (answer.status_code, "This code cannot be used" in text(answer)) == (422, True)
    answer = client.post("/group/join/", {"code": code})
    assert (answer.status_code, "That was too often" in text(answer)) == (429, True)
    other = signed_in(carla())
    answer = other.post("/group/join/", {"code": code})
    assert answer["Location"] == "/group/join/check/"
    assert code not in caplog.text
    assert GroupInvite.objects.get().used_at is None


def test_a_second_click_joins_once_and_another_number_than_shown_does_not_join(group: SharingGroup) -> None:
    who = ben()
    second = line_of("+4917604069019")
    LineOwnership.objects.create(line=second, subscriber=who, from_at=NOW - DAY)
    _invite, code = inviting.invite(group=group, cap_bytes=None, now=NOW)
    client = signed_in(who)
    client.post("/group/join/", {"code": code})
    wrong = client.post("/group/join/check/", {"line": second.pk, "shows": "Ben"})
    assert (wrong.status_code, GroupMember.objects.count()) == (422, 0)
    bad = client.post("/group/join/check/", {"line": who.lines[0].pk, "shows": "see http://x.example"})
    assert (bad.status_code, GroupMember.objects.count()) == (422, 0)
    for _twice in range(2):
        assert "You are in the group" in post(client, "/group/join/check/", line=who.lines[0].pk, shows="Ben")
    assert GroupMember.objects.get().line == who.lines[0]


def test_the_code_can_be_seen_for_a_quarter_of_an_hour_in_the_session_that_made_it(
    group: SharingGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = signed_in(owner_of(group.line))
    assert "Words to send it on" in post(mine, "/group/invitations/", cap="1")
    path = f"/group/invitations/{GroupInvite.objects.get().pk}/"
    assert "not shown any more" in page(signed_in(owner_of(group.line)), path)
    assert "Words to send it on" in page(mine, path)
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert "not shown any more" in page(mine, path)
    assert "good for nothing" in post(mine, path + "revoke/")


def test_home_has_a_line_for_it_and_asks_no_more_than_without(
    group: SharingGroup, member: GroupMember, load: Load
) -> None:
    load([row("m", number=BEN, amount=250 * MB)])
    theirs, owner = signed_in(member.subscriber), signed_in(owner_of(group.line))
    seen = page(theirs, "/home/")
    assert "From the group of Anna 750 MB until" in seen
    assert "From the group of" not in page(owner, "/home/")
    assert len(statements_of(theirs, "/home/")) == len(statements_of(signed_in(carla()), "/home/"))
    group.line.periods.update(ends_at=NOW - HOUR)
    assert "From the group of Anna Nothing just now" in page(theirs, "/home/")


def test_a_group_page_asks_the_same_for_one_and_for_five_members(group: SharingGroup, member: GroupMember) -> None:
    mine = signed_in(owner_of(group.line))
    few = statements_of(mine, "/group/")
    for number in range(4):
        line = line_of(f"+49176040690{30 + number}")
        LineOwnership.objects.create(line=line, subscriber=member.subscriber, from_at=NOW - DAY)
        member_of(group, line, STEP_BYTES)
    assert len(statements_of(mine, "/group/")) == len(few) <= 12
