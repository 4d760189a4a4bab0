"""The pages on which somebody pays for another's number, before any payment: the same for every number, and for every link that is none."""

import re
import statistics
import time
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Subscriber
from billing.for_others import links, payees
from billing.models import GuestState, GuestTopUp, Payee, TopUpLink
from billing.payer_codes import code_of, hash_of, new_code
from lib import clock
from tests.billing.ordering import load_reference_data
from tests.cast import anna, bao

pytestmark = pytest.mark.django_db
OURS, NOBODYS = "+4917604069011", "+4917604069099"
PATH = "/top-up-a-number/"
WHAT = {"what": "sum:1000", "way": "card", "email": "grandma@example.com"}
_TOKENS = re.compile(r'(?:name="(?:whom|csrfmiddlewaretoken|form_token)" value="|nonce[=-]["\']?)[^"\']+')


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    return anna()


@pytest.fixture
def guest(owner: Subscriber) -> Client:
    return Client()


def typed(guest: Client, number: str, again: str = "") -> Any:
    return guest.post(PATH, {"number": number, "again": again or number})


def hidden(answer: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, name
    return found[1]


def reviewed(guest: Client, number: str) -> Any:
    return guest.post(PATH, {"whom": hidden(typed(guest, number), "whom"), **WHAT})


def plain(answer: Any, number: str) -> str:
    """The page without tokens, and with one number for all."""
    text = _TOKENS.sub("", answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")
    return text.replace(f"+49 {number[3:6]} {number[6:]}", "NUMBER")


def headers(answer: Any) -> dict[str, str]:
    varying = {"content-security-policy", "x-request-id", "content-length", "set-cookie", "expires"}
    return {name: value for name, value in answer.headers.items() if name.lower() not in varying}


@pytest.mark.parametrize("step", [typed, reviewed])
def test_each_page_is_the_same_for_a_number_of_ours_and_for_nobodys(guest: Client, step: Any) -> None:
    ours, nobodys = step(guest, OURS), step(guest, NOBODYS)
    assert (ours.status_code, nobodys.status_code) == (200, 200)
    assert plain(ours, OURS) == plain(nobodys, NOBODYS)
    assert headers(ours) == headers(nobodys)


@pytest.mark.parametrize("step", [typed, reviewed])
def test_no_statement_asks_for_a_line_and_there_are_as_many_for_both(guest: Client, step: Any) -> None:
    step(guest, OURS)
    counts = []
    for number in (OURS, NOBODYS):
        with CaptureQueriesContext(connection) as captured:
            step(guest, number)
        assert not [row["sql"] for row in captured.captured_queries if "accounts_line" in row["sql"]]
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_both_take_the_same_time(guest: Client) -> None:
    took: dict[str, list[float]] = {OURS: [], NOBODYS: []}
    typed(guest, OURS)
    for _pair in range(60):
        for number, times in took.items():
            began = time.process_time()
            typed(guest, number)
            times.append(time.process_time() - began)
    ours, nobodys = (statistics.median(times) for times in took.values())
    assert 0.8 < ours / nobodys < 1.25


def test_two_different_numbers_are_not_gone_on_with(guest: Client) -> None:
    answer = typed(guest, OURS, NOBODYS)
    assert answer.status_code == 422
    assert "The two numbers are not the same" in answer.content.decode()
    assert OURS in answer.content.decode()


@pytest.mark.parametrize("number", ["", "12", "030 23125011", "+4917604069011; DROP", "０１７６"])
def test_what_is_no_mobile_number_is_said_at_once(guest: Client, number: str) -> None:
    assert typed(guest, number).status_code == 422


def test_a_country_we_do_not_sell_to_is_refused_whoever_has_the_number(guest: Client) -> None:
    answer = typed(guest, "+14155552671")
    assert answer.status_code == 422
    assert "numbers of this country" in answer.content.decode()


def test_spellings_of_one_number_are_one_number(guest: Client) -> None:
    assert typed(guest, "0176 040 69011", "+49 (176) 04069011").status_code == 200


@pytest.mark.parametrize("whom", ["", "x", "WyIrNDkxNzYwNDA2OTAxMSIsIiJd:1abc:xyz"])
def test_a_target_that_was_tampered_with_begins_again(guest: Client, whom: str) -> None:
    answer = guest.post(PATH, {"whom": whom, **WHAT})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    assert GuestTopUp.objects.count() == 0


@pytest.mark.parametrize(
    "wrong", [{"what": "sum:1"}, {"what": "plan:none"}, {"way": "transfer"}, {"email": "grandma"}, {"email": ""}]
)
def test_a_wrong_choice_is_shown_again_and_nothing_is_made(guest: Client, wrong: dict[str, str]) -> None:
    whom = hidden(typed(guest, OURS), "whom")
    assert guest.post(PATH, {"whom": whom, **WHAT, **wrong}).status_code == 422
    assert GuestTopUp.objects.count() == 0


def test_changing_something_keeps_what_was_chosen(guest: Client) -> None:
    page = reviewed(guest, OURS)
    answer = guest.post(PATH, {"whom": hidden(page, "whom"), **WHAT, "what": "sum:2000", "change": "1"})
    assert re.search(r'value="sum:2000" checked', answer.content.decode())
    assert "grandma@example.com" in answer.content.decode()


def test_another_sum_than_the_one_on_the_button_is_asked_again(guest: Client) -> None:
    page = reviewed(guest, OURS)
    answer = guest.post(
        PATH, {"whom": hidden(page, "whom"), **WHAT, "form_token": uuid.uuid4(), "shown_price_minor": 999}
    )
    assert answer.status_code == 422
    assert "The price is now €10.00" in answer.content.decode()
    assert GuestTopUp.objects.count() == 0


def test_a_gateway_that_is_away_keeps_what_was_typed(guest: Client) -> None:
    page = reviewed(guest, OURS)
    token = hidden(page, "form_token")
    sent = {"whom": hidden(page, "whom"), **WHAT, "form_token": token, "shown_price_minor": 1000}
    answer = guest.post(PATH, sent)
    assert answer.status_code == 422
    assert "Nothing has been charged" in answer.content.decode()
    assert hidden(answer, "form_token") == token
    assert GuestTopUp.objects.get().state == GuestState.CREATED


def test_too_many_from_one_place_are_stopped_before_the_gateway_is_asked(guest: Client, settings: Any) -> None:
    settings.FOR_OTHERS_PER_ADDRESS_HOUR = 0
    page = reviewed(guest, OURS)
    sent = {"whom": hidden(page, "whom"), **WHAT, "form_token": uuid.uuid4(), "shown_price_minor": 1000}
    answer = guest.post(PATH, sent)
    assert answer.status_code == 422
    assert "Too many top-ups" in answer.content.decode()
    assert GuestTopUp.objects.count() == 0


def token_of(link: TopUpLink) -> str:
    return links.address(link).rstrip("/").rpartition("/")[2]


def made(owner: Subscriber, **more: Any) -> TopUpLink:
    given: dict[str, Any] = {"shows": "Anna’s phone", "lets_plans": False, "now": clock.now(), **more}
    return links.make(owner.lines[0], owner, **given)


@pytest.mark.django_db(transaction=True)
def test_a_link_shows_its_name_and_nothing_else_of_the_line(guest: Client, owner: Subscriber) -> None:
    owner.lines.update(label="my secret name")
    page = guest.get(f"/t/{token_of(made(owner))}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Anna’s phone" in text
    for secret in ("4069011", "my secret name", "anna@example.com", str(owner.lines[0].pk)):
        assert secret not in text.replace(" ", "")
    assert "plan:" not in text
    assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == ("noindex, nofollow", "same-origin")


@pytest.mark.django_db(transaction=True)
def test_a_link_that_lets_plans_offers_them(guest: Client, owner: Subscriber) -> None:
    assert "plan:month-15" in guest.get(f"/t/{token_of(made(owner, lets_plans=True))}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_revoked_unknown_and_malformed_links_are_the_same_nothing(guest: Client, owner: Subscriber) -> None:
    link = made(owner)
    token = token_of(link)
    links.revoke(link.line, owner, now=clock.now())
    pages = []
    for wrong in (token, "A" * 32, "x", "%00", "é" * 200):
        answer = guest.get(f"/t/{wrong}/")
        pages.append((answer.status_code, re.sub(r"/t/[^\"<]*", "", _TOKENS.sub("", answer.content.decode()))))
        posted = guest.post(f"/t/{wrong}/", WHAT)
        assert posted.status_code == 404
    assert {status for status, _text in pages} == {404}
    assert len({text for _status, text in pages}) == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_link_ends_the_one_before_and_only_its_owner_makes_one(owner: Subscriber) -> None:
    first = made(owner)
    second = made(owner)
    assert links.standing(token_of(first)) is None
    assert links.standing(token_of(second)) == second
    with pytest.raises(links.NotTheOwner):
        links.make(owner.lines[0], bao(), shows="Bao", lets_plans=True, now=clock.now())


@pytest.mark.django_db(transaction=True)
def test_its_owner_makes_sees_and_revokes_a_link(owner: Subscriber) -> None:
    client = Client()
    client.force_login(owner)
    path = f"/lines/{owner.lines[0].pk}/top-up-link/"
    assert 'class="qr"' not in _main(client.get(path))
    assert client.post(path, {"shows": "   "}).status_code == 422
    assert client.post(path, {"shows": "Anna’s phone"}).status_code == 302
    link = TopUpLink.objects.get()
    page = _main(client.get(path))
    assert links.address(link) in page
    assert 'class="qr"' in page
    assert token_of(link) not in str(bytes(link.token_sealed)) + str(bytes(link.token_hash))
    for _click in range(2):
        assert client.post(f"{path}revoke/").status_code == 302
    assert links.standing(token_of(link)) is None


def _main(answer: Any) -> str:
    text: str = answer.content.decode()
    return text[text.index('class="head"') :]


def test_a_payee_is_added_once_renamed_topped_up_and_removed(owner: Subscriber) -> None:
    client = Client()
    client.force_login(owner)
    assert client.post("/payees/", {"name": " Oma  Erna ", "number": "0176 04069012"}).status_code == 302
    assert client.post("/payees/", {"name": "Again", "number": "+4917604069012"}).status_code == 422
    payee = Payee.objects.get()
    assert (payee.name, payee.msisdn) == ("Oma Erna", "+4917604069012")
    assert client.post(f"/payees/{payee.pk}/", {"name": "Oma"}).status_code == 302
    page = client.get(f"/payees/{payee.pk}/top-up/").content.decode()
    assert "Top up Oma" in page
    for _click in range(2):
        assert client.post(f"/payees/{payee.pk}/remove/").status_code == 302
    assert not Payee.objects.exists()


def test_a_payee_is_its_owners_alone(owner: Subscriber) -> None:
    payee = payees.add(owner, msisdn=NOBODYS, name="Oma", now=clock.now())
    client = Client()
    client.force_login(bao())
    assert client.get(f"/payees/{payee.pk}/top-up/").status_code == 404
    assert client.get(f"/payees/{payee.pk}/").status_code == 404
    client.post(f"/payees/{payee.pk}/remove/")
    assert Payee.objects.count() == 1
    assert "Oma" not in client.get("/payees/").content.decode()


def test_a_list_of_payees_has_an_end(owner: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payees, "AT_MOST", 1)
    payees.add(owner, msisdn=NOBODYS, name="Oma", now=clock.now())
    with pytest.raises(payees.TooMany):
        payees.add(owner, msisdn=OURS, name="Me", now=clock.now())


def top_up(**more: Any) -> GuestTopUp:
    token = uuid.uuid4()
    given: dict[str, Any] = {
        "msisdn": OURS, "email": "grandma@example.com", "language": "en", "time_zone": "Europe/Berlin",
        "address_hash": b"x", "what": "top_up", "way": "card", "price_minor": 1000, "currency": "EUR",
        "form_token": token, "code_hash": hash_of(new_code(str(token))), "idempotency_key": str(token),
        "expires_at": clock.real_now(), **more,
    }  # fmt: skip
    return GuestTopUp.objects.create(**given)


def test_the_payers_page_is_found_by_its_code_alone(guest: Client) -> None:
    row = top_up()
    page = guest.get(f"/top-ups/{code_of(row)}/")
    assert page.status_code == 200
    assert "Not paid yet" in page.content.decode()
    assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == ("noindex, nofollow", "same-origin")
    assert guest.get(f"/top-ups/{row.pk}/").status_code == 404
    assert guest.get(f"/top-ups/{'A' * 32}/").status_code == 404


def test_the_code_outlives_a_change_of_the_secret_key_and_is_not_in_the_database(settings: Any) -> None:
    row = top_up()
    code = code_of(row)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert code_of(row) == code
    assert code not in str([bytes(value) if isinstance(value, memoryview) else value for value in vars(row).values()])
    settings.SECRET_KEY_FALLBACKS = []
    assert code_of(row) == ""
