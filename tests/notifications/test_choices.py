"""What readers want: asked once more before anything is sent, by address and kind; the way out from a mail itself."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from lib import clock
from notifications import choices, claims, delivery, outbox, quiet, turning_off
from notifications.choices import ConsentMissing, NotAsked
from notifications.kinds import KINDS, Purpose
from notifications.models import Choice, Message
from notifications.outbox import Outgoing, Recipient
from notifications.samples import facts

pytestmark = pytest.mark.django_db
ANNA, BAO, NUMBER = "anna@example.com", "bao@example.com", "+4917604069011"


def write(kind: str, to: str = ANNA, *, key: str = "k", due_at: datetime | None = None) -> Message:
    channel = "email" if "@" in to else "sms"
    recipient = Recipient(to, "en", "Europe/Berlin")
    context = facts(clock.now())
    outbox.send(
        Outgoing(kind=kind, channel=channel, to=recipient, context=context, key=key, subject="s", due_at=due_at)
    )
    return Message.objects.get(key=key)


def states() -> list[tuple[str, str, str]]:
    return list(Message.objects.order_by("key").values_list("key", "state", "error_code"))


def test_what_its_reader_does_not_want_is_kept_and_not_sent(post):
    choices.choose(ANNA, "expiry_reminder", is_wanted=False)
    write("expiry_reminder", key="a")
    write("expiry_reminder", BAO, key="b")
    write("expiry_reminder", NUMBER, key="c")
    delivery.deliver()

    assert states() == [("a", "suppressed", "muted"), ("b", "accepted", ""), ("c", "accepted", "")]
    assert sorted(letter.address for letter in post.letters) == [NUMBER, BAO]


def test_a_whole_batch_that_nobody_wants_does_not_stop_what_comes_behind_it(post, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 2)
    choices.choose(ANNA, "plan_ended", is_wanted=False)
    for key in "abc":
        write("plan_ended", key=key)
    write("plan_ended", BAO, key="d")
    delivery.deliver()

    assert [letter.address for letter in post.letters] == [BAO]


def test_the_address_counts_in_any_case(post):
    choices.choose("Anna@Example.com", "plan_ended", is_wanted=False)
    write("plan_ended", "ANNA@example.com")
    delivery.deliver()

    assert post.letters == []


def test_what_nobody_gets_unasked_goes_only_to_who_has_asked(post):
    choices.choose(ANNA, "expiry_three_days", is_wanted=True)
    write("expiry_three_days", key="a")
    write("expiry_three_days", BAO, key="b")
    delivery.deliver()

    assert states() == [("a", "accepted", ""), ("b", "suppressed", "muted")]


@pytest.mark.parametrize("kind", ["payment_failed", "security_notice", "sign_in_code", "renewal_trouble"])
def test_nobody_can_turn_off_what_they_must_know(kind):
    with pytest.raises(NotAsked):
        choices.choose(ANNA, kind, is_wanted=False)


def test_marketing_is_sent_only_with_a_dated_consent(post):
    with pytest.raises(ConsentMissing):
        choices.choose(ANNA, "offers", is_wanted=True)
    write("offers", key="a")
    choices.choose(BAO, "offers", is_wanted=True, text_version="2026-11-23")
    write("offers", BAO, key="b")
    delivery.deliver()

    assert [letter.address for letter in post.letters] == [BAO]
    assert Choice.objects.get().text_version == "2026-11-23"
    assert abs((Choice.objects.get().made_at - clock.real_now()).total_seconds()) < 60


def test_marketing_is_never_on_by_itself_and_can_always_be_turned_off():
    for kind in KINDS.values():
        if kind.purpose is Purpose.MARKETING:
            assert not kind.unasked
            assert kind.mutable == kind.channels


def test_choices_go_with_their_reader_to_another_address_and_not_to_the_next_reader_of_a_number():
    choices.choose(ANNA, "plan_ended", is_wanted=False)
    choices.choose(BAO, "receipt", is_wanted=False)
    choices.move(ANNA, BAO)
    choices.choose(NUMBER, "plan_ended", is_wanted=False)
    choices.forget(NUMBER)

    assert list(Choice.objects.values_list("address", "kind")) == [(BAO, "plan_ended")]


# --- From the mail ---------------------------------------------------------------------------------------------------------


def test_a_mail_that_may_be_turned_off_says_how_in_its_head_and_at_its_foot(post):
    write("expiry_reminder", key="a")
    write("payment_failed", key="b")
    delivery.deliver()
    first, second = sorted(post.letters, key=lambda letter: not letter.off_url)

    assert first.off_url.startswith("http://localhost:8000/messages/off/")
    assert first.off_url in first.text
    assert first.off_url in first.html
    assert ANNA not in first.off_url
    assert second.off_url == ""
    assert "/messages/off/" not in second.text + second.html


def path_of(message: Message) -> str:
    return turning_off.link(message).removeprefix("http://localhost:8000")


def test_one_click_of_a_mail_program_turns_it_off_without_signing_in_and_twice_is_once():
    path = path_of(write("expiry_reminder"))
    program = Client(enforce_csrf_checks=True)

    for _click in range(2):
        done = program.post(path, {"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert choices.wanted(ANNA)["expiry_reminder"] is False
    assert Choice.objects.count() == 1


def test_a_program_that_opens_every_link_turns_nothing_off(client):
    path = path_of(write("expiry_reminder"))
    page = client.get(path)

    assert "Turn off these e-mails?" in page.content.decode()
    assert ANNA not in page.content.decode()
    assert Choice.objects.count() == 0


def test_who_turned_it_off_by_mistake_turns_it_on_again_there(client):
    path = path_of(write("expiry_reminder"))
    assert "Turned off" in client.post(path).content.decode()
    assert "Turn off these e-mails?" in client.post(path, {"back": "1"}).content.decode()
    assert choices.wanted(ANNA)["expiry_reminder"] is True


def test_offers_are_not_turned_on_again_by_a_link(client):
    choices.choose(ANNA, "offers", is_wanted=True, text_version="1")
    path = path_of(write("offers"))

    assert "Turn on again" not in client.post(path).content.decode()
    assert client.post(path, {"back": "1"}).status_code == 404
    assert choices.wanted(ANNA)["offers"] is False


def test_a_link_that_is_not_ours_is_not_found(client):
    message = write("expiry_reminder")
    path = path_of(message)
    sms = write("expiry_reminder", NUMBER, key="sms")

    assert turning_off.link(sms) == ""
    for wrong in (f"{path[:-2]}x/", f"/messages/off/{message.pk}/", "/messages/off/x:y/"):
        assert client.post(wrong).status_code == 404
    assert Choice.objects.count() == 0


# --- The night -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-23T06:59:59", "2026-11-23T07:00:00"),
        ("2026-11-23T07:00:00", "2026-11-23T07:00:00"),
        ("2026-11-23T20:59:59", "2026-11-23T20:59:59"),
        ("2026-11-23T21:00:00", "2026-11-24T07:00:00"),
        ("2026-03-28T23:30:00", "2026-03-29T06:00:00"),  # the clocks go forward that night
    ],
)
def test_what_can_wait_waits_for_the_morning_of_its_reader(moment, due):
    begun, told = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (moment, due))

    assert quiet.awake_at(begun, "Europe/Berlin") == told
    assert write("renewal_trouble", NUMBER, key="sms", due_at=begun).due_at == told
    assert write("renewal_trouble", key="mail", due_at=begun).due_at == begun
    assert write("renewed", NUMBER, key="now", due_at=begun).due_at == begun
