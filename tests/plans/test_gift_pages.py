"""Giving data by the pages: choose, check, give, undo, and what is nobody else's business."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Subscriber
from lib import clock
from plans.models import Allowance, AllowanceGift
from tests import cast
from tests.plans.conftest import NOON
from tests.plans.gifting import GB, HALF, figures, give, start, undo, use, wake

BAO = "+4917604069012"


@pytest.fixture
def anna(line: Any, monkeypatch: pytest.MonkeyPatch) -> Subscriber:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    wake(cast.bao().lines[0])
    return Subscriber.objects.get(name="Anna")


@pytest.fixture
def data(anna: Subscriber) -> Allowance:
    return start(anna.lines[0], "month-15", now=NOON)


def browser(person: Subscriber) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at(person: Subscriber) -> str:
    return f"/lines/{person.lines[0].pk}/gifts/"


def sent(data: Allowance, **more: Any) -> dict[str, str]:
    return {"number": "0176 040 690 12", "amount": str(GB), "source": str(data.pk), **more}


def text(answer: Any) -> str:
    html = re.sub(r"(?s)<(script|style).*?</\1>", "", answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).replace("\xa0", " ").replace(" ,", ",")


def test_choose_check_give_and_the_gift_s_own_page(anna, data):
    client = browser(anna)
    assert client.get("/gifts/")["Location"] == at(anna)
    page = client.get(at(anna))
    assert "15 GB" in text(page)
    assert len(re.findall(r"<option", page.content.decode())) == 10  # 0.5 to 5 GB
    check = client.post(at(anna), sent(data))
    for words in ("1 GB for", "+49 176 04069012", "Month 15", "14 GB", "your number", "+49 176 04069011"):
        assert words in text(check)
    assert not AllowanceGift.objects.exists()
    token = re.search(r'name="form_token" value="([^"]+)"', check.content.decode())
    assert token
    given = client.post(at(anna), sent(data, form_token=token[1]))
    gift = AllowanceGift.objects.get()
    assert given["Location"] == f"/gifts/{gift.pk}/"
    assert client.post(at(anna), sent(data, form_token=token[1]))["Location"] == f"/gifts/{gift.pk}/"
    assert figures(data) == (15 * GB, 0, GB)
    assert "Can be taken back" in text(client.get(f"/gifts/{gift.pk}/"))
    assert "+49 176 04069012 Can be taken back −1 GB Given" in text(client.get(at(anna)))
    client.post(f"/gifts/{gift.pk}/undo/")
    assert figures(data) == (15 * GB, 0, 0)
    assert "Taken back at" in text(client.get(f"/gifts/{gift.pk}/"))


def test_the_page_to_check_is_the_same_for_a_number_nobody_has(anna, data):
    client = browser(anna)
    known = client.post(at(anna), sent(data)).content.decode()
    unknown = client.post(at(anna), sent(data, number="+4917604069099")).content.decode()
    plain = re.compile(r'value="[0-9a-zA-Z-]{36,64}"')  # tokens
    assert plain.sub("", known).replace("69012", "69099") == plain.sub("", unknown)


def test_a_number_that_cannot_get_it_is_told_when_it_is_given_and_what_was_typed_stays(anna, data):
    client = browser(anna)
    refused = client.post(at(anna), sent(data, number="+4917604069099", form_token=str(uuid.uuid4())))
    assert refused.status_code == 422
    assert "cannot be given to this number now" in text(refused)
    assert 'value="+4917604069099"' in refused.content.decode()
    assert figures(data) == (15 * GB, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "12"}, "Write your mobile number"),
        ({"amount": "1"}, "more than you can give"),
        ({"amount": str(6 * GB)}, "more than you can give"),
        ({"source": str(uuid.UUID(int=1))}, "cannot be given any more"),
        ({"source": "x"}, "cannot be given any more"),
        ({"number": "+4917604069011", "form_token": str(uuid.UUID(int=5))}, "This is your own number"),
        ({"form_token": "x"}, "This page is too old"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_given(anna, data, wrong, words):
    answer = browser(anna).post(at(anna), sent(data) | wrong)
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not AllowanceGift.objects.exists()


def test_too_many_wrong_numbers_wait_an_hour(anna, data, settings):
    settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR = 1
    client = browser(anna)
    for status in (422, 429, 429):
        asked = sent(data, number="+4917604069099", form_token=str(uuid.uuid4()))
        assert client.post(at(anna), asked).status_code == status


def test_more_than_is_left_of_the_chosen_data_is_refused_beside_the_amount(anna, data):
    small = start(anna.lines[0], "more-5", now=NOON)
    use(small, 4 * GB)
    answer = browser(anna).post(at(anna), sent(small, amount=str(3 * GB)))
    assert "at most 1 GB" in text(answer)


def test_going_back_to_change_something_keeps_what_was_typed(anna, data):
    page = browser(anna).post(at(anna), sent(data, change="1", form_token=str(uuid.uuid4())))
    assert page.status_code == 200
    assert f'value="{GB}" selected' in page.content.decode()


def test_nobody_else_sees_or_undoes_it(anna, data):
    gift = give(anna, BAO, data, now=NOON)
    bao = Subscriber.objects.get(name="Bao")
    for person in (bao, cast.carla()):
        client = browser(person)
        assert client.get(f"/gifts/{gift.pk}/").status_code == 404
        assert client.post(f"/gifts/{gift.pk}/undo/").status_code == 404
        assert client.get(at(anna)).status_code == 404
        assert client.post(at(anna), sent(data, form_token=str(uuid.uuid4()))).status_code == 404
    assert Client().post(f"/gifts/{gift.pk}/undo/").status_code == 302
    assert figures(data) == (15 * GB, 0, GB)


def test_who_receives_sees_it_as_data_that_says_where_it_came_from(anna, data):
    gift = give(anna, BAO, data, GB, now=NOON)
    bao = Subscriber.objects.get(name="Bao")
    bao.language = "en"
    bao.save(update_fields=["language"])
    client = browser(bao)
    home = text(client.get("/home/"))
    assert "Gift 1 GB" in home
    why = f"/lines/{bao.lines[0].pk}/usage/allowances/{gift.received_id}/"
    assert "Received from +49 176 04069011" in text(client.get(why))
    assert "+49 176 04069011 Can be taken back +1 GB Received" in text(client.get(at(bao)))
    Allowance.objects.filter(pk=gift.received_id).update(used=HALF)
    undo(gift, now=NOON)
    page = text(client.get(why))
    assert "Taken back by them" in page
    assert "it cannot be used any more" in page
    assert "Gift" not in text(client.get("/home/"))


def test_looking_changes_nothing_and_undo_wants_a_post(anna, data):
    gift = give(anna, BAO, data, now=NOON)
    assert browser(anna).get(f"/gifts/{gift.pk}/undo/").status_code == 405
    assert figures(data) == (15 * GB, 0, GB)


def test_a_line_that_is_asleep_or_has_nothing_says_so(anna, data, monkeypatch):
    client = browser(anna)
    Allowance.objects.filter(pk=data.pk).update(used=14 * GB + HALF + 1)
    assert "No data to give" in text(client.get(at(anna)))
    anna.lines[0].move_to("grace", reason="test")
    assert "Any plan or top-up brings it back" in text(client.get(at(anna)))
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=1))
    refused = client.post(at(anna), sent(data, form_token=str(uuid.uuid4())))
    assert refused.status_code == 422
