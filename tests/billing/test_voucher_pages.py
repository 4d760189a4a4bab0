"""The two pages of redeeming: what is typed, what is shown before anything is spent, and what a second click does."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Line, LineOwnership, LineState, Subscriber
from billing import ledger
from billing.by_voucher import voucher_batches, voucher_codes
from billing.by_voucher.voucher_batches import Printed
from billing.models import Order, OrderState, Voucher, VoucherNature, VoucherState
from lib import clock
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.printing import FINA, active, make, one, printed, row
from tests.cast import LONG_AGO, anna, bao, line_of
from tests.counting import statements

ENTER = "/voucher/"
CHECK = "/voucher/check/"
REFUSED = "This code cannot be redeemed. Check it, or ask our support with the serial printed beside it."


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_reference_data()


@pytest.fixture
def owner() -> Subscriber:
    return anna()


@pytest.fixture
def client(owner: Subscriber) -> Client:
    browser = Client()
    browser.force_login(owner)
    return browser


def fresh(**fields: Any) -> Printed:
    return one(now=clock.now(), **fields)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def enter(client: Client, code: str) -> Any:
    return client.post(ENTER, {"code": code})


def shown(client: Client, voucher: Printed) -> dict[str, str]:
    """Show the code; the fields of the confirmation as a browser would send them."""
    answer = enter(client, voucher_codes.printed(voucher.code))
    assert (answer.status_code, answer["Location"]) == (302, CHECK)
    page = text(client.get(CHECK))
    hidden = dict(re.findall(r'<input type="hidden" name="(form_token|line)" value="([^"]+)"', page))
    return {**hidden, "start": "queue", "consent": "on"}


def credit_of(owner: Subscriber) -> tuple[int, int]:
    paid, bonus = ledger.credit_of(owner.lines[0])
    return paid.minor, bonus.minor


def is_untouched(voucher: Printed) -> bool:
    return row(voucher).state == VoucherState.ACTIVE and not Order.objects.exists()


def test_the_page_takes_codes_as_phones_type_them(client: Client) -> None:
    page = text(client.get(ENTER))
    field = re.search(r"<input[^>]*name=\"code\"[^>]*>", page)
    assert field
    for attribute in ('autocapitalize="characters"', 'autocomplete="off"', 'spellcheck="false"', 'dir="ltr"'):
        assert attribute in field[0]
    assert "+49" in page


def test_a_voucher_worth_money_shows_its_worth_and_the_number_and_is_spent_by_one_confirmation(
    owner: Subscriber, client: Client
) -> None:
    give_credit(owner.lines[0], 420)
    voucher = fresh()
    form = shown(client, voucher)
    page = text(client.get(CHECK))
    for words in ("€10.00 of credit", "+49 176 04069011", "€4.20", "€14.20", "Redeem €10.00", voucher.serial):
        assert words in page, words
    assert "bonus" not in page
    assert 'name="consent"' not in page
    assert is_untouched(voucher)
    done = client.post(CHECK, form)
    order = Order.objects.get()
    assert done["Location"] == f"/orders/{order.pk}/"
    assert credit_of(owner) == (1420, 0)
    timeline = text(client.get(done["Location"]))
    for words in ("€10.00 added to your credit", "Voucher redeemed", voucher.serial, "Added to your credit"):
        assert words in timeline, words
    assert "Waiting for your payment" not in timeline
    assert "+€10.00" in text(client.get("/credit/"))


def test_what_was_given_away_is_said_to_be_bonus(owner: Subscriber, client: Client) -> None:
    form = shown(client, fresh(nature=VoucherNature.PROMOTION))
    assert "It is bonus credit: spent first, and not paid out." in text(client.get(CHECK))
    client.post(CHECK, form)
    assert credit_of(owner) == (0, 1000)


def test_a_plan_voucher_shows_both_starts_what_now_would_lose_and_the_box(owner: Subscriber, client: Client) -> None:
    pay(order_plan(owner, now=clock.now()), now=clock.now())
    form = shown(client, fresh(plan="month-15"))
    page = text(client.get(CHECK))
    for words in (
        "Month 15",
        "15 GB",
        "When the running plan ends",
        "Nothing is lost.",
        "Lost:",
        "Nothing is charged.",
    ):
        assert words in page.replace("\xa0", " "), words
    assert "checked" not in page.partition('name="consent"')[2].partition(">")[0]
    assert "Paid by your voucher" in page
    done = client.post(CHECK, form)
    running, queued = PlanPeriod.objects.order_by("starts_at")
    assert queued.starts_at == running.ends_at
    order = Order.objects.get(method="voucher")
    assert order.consents["start_at_once"]
    assert order.consents["text_version"]
    assert "Renewed until" in text(client.get(done["Location"]))
    assert "Voucher" in text(client.get("/orders/"))


def test_start_now_cuts_the_running_plan_and_without_the_box_no_consent_is_stored(
    owner: Subscriber, client: Client
) -> None:
    pay(order_plan(owner, now=clock.now()), now=clock.now())
    form = shown(client, fresh(plan="day-1")) | {"start": "now"}
    del form["consent"]
    client.post(CHECK, form)
    order = Order.objects.get(method="voucher")
    assert (order.state, order.start, order.consents["start_at_once"]) == (OrderState.APPLIED, "now", False)
    cut, new = PlanPeriod.objects.order_by("starts_at")
    assert cut.ends_at == new.starts_at


def test_a_replayed_form_gives_the_same_order(owner: Subscriber, client: Client) -> None:
    form = shown(client, fresh())
    first, second = client.post(CHECK, form), client.post(CHECK, form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"] == f"/orders/{Order.objects.get().pk}/"
    assert credit_of(owner) == (1000, 0)


def test_somebody_else_s_form_token_leads_nowhere(owner: Subscriber, client: Client) -> None:
    form = shown(client, fresh())
    client.post(CHECK, form)
    stranger = Client()
    stranger.force_login(bao())
    assert stranger.post(CHECK, form)["Location"] == ENTER
    assert Order.objects.count() == 1


def answer_to(client: Client, code: str) -> tuple[int, str, dict[str, str]]:
    """The whole answer, without what differs by nature: the token and the code that was typed."""
    answer = enter(client, code)
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text(answer))
    headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
    return answer.status_code, body.replace(code, "CODE"), headers


def test_used_unknown_blocked_expired_inactive_and_foreign_codes_get_the_same_answer(
    owner: Subscriber, client: Client, settings
) -> None:
    settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR = 100
    used, blocked, expired = fresh(), fresh(), fresh()
    client.post(CHECK, shown(client, used))
    voucher_batches.block(row(blocked).batch_id, reason="lost", by=FINA, now=clock.now())
    voucher_batches.sweep(now=clock.now())
    end = row(expired).batch.expires_at
    voucher_batches._expire(row(expired).batch_id, now=end)
    inactive = printed(make(now=clock.now()), now=clock.now())[0]
    foreign = fresh(currency="GBP")
    codes = [voucher_codes.new_code(), *(each.code for each in (used, blocked, expired, inactive, foreign))]
    answers = [answer_to(client, code) for code in codes]
    assert row(expired).state == VoucherState.EXPIRED
    assert answers[0][0] == 422
    assert REFUSED in answers[0][1]
    assert 'aria-invalid="true"' in answers[0][1]
    assert [answer for answer in answers if answer != answers[0]] == []
    sizes = {len(text(enter(client, code))) for code in codes}
    assert len(sizes) == 1


def test_a_used_and_an_unknown_code_ask_the_database_the_same(owner: Subscriber, client: Client) -> None:
    used = fresh()
    client.post(CHECK, shown(client, used))

    def asked(code: str) -> list[str]:
        enter(client, voucher_codes.new_code())
        with CaptureQueriesContext(connection) as queries:
            assert enter(client, code).status_code == 422
        return [re.sub(r"'[^']*'", "?", statement) for statement in statements(queries)]

    assert asked(used.code) == asked(voucher_codes.new_code())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the code of your voucher."),
        ("   ", "Enter the code of your voucher."),
        ("7KM4T-0D1XC", "You entered 10."),
        ("7KM4T-00042", "That is the serial."),
        ("7KM4T-0D1XC-99HJW-3FRPP", "is not as printed"),
        ("A" * 20, "is not as printed"),
        ("x" * 201, "too long for a code"),
        ("7KM4T\x00", "Null characters"),
        ("<script>alert(1)</script>", "20 letters and digits"),
    ],
)
def test_what_is_surely_no_code_is_told_beside_the_field_and_costs_no_try(
    client: Client, typed: str, words: str
) -> None:
    answers = [enter(client, typed) for _again in range(12)]
    assert {answer.status_code for answer in answers} == {422}
    page = text(answers[-1])
    assert words in page
    assert "<script>alert" not in page


def test_too_many_wrong_codes_get_a_page_that_says_so_and_a_right_one_too(client: Client) -> None:
    voucher = fresh()
    assert {enter(client, voucher_codes.new_code()).status_code for _number in range(10)} == {422}
    for code in (voucher_codes.new_code(), voucher.code):
        answer = enter(client, code)
        assert answer.status_code == 429
        assert "That was too often" in text(answer)
        assert "Try again in an hour" in text(answer)
        assert code not in text(answer)
    assert is_untouched(voucher)


def test_a_code_is_in_no_address_no_session_and_on_no_later_page(client: Client, caplog) -> None:
    voucher = fresh()
    form = shown(client, voucher)
    kept = repr(dict(client.session))
    for spelling in (voucher.code, voucher_codes.printed(voucher.code)):
        assert spelling not in kept
        assert spelling not in text(client.get(CHECK))
        assert spelling not in "".join(form.values())
        assert spelling not in caplog.text
    assert bytes(row(voucher).code_hash).hex() not in kept


def test_the_check_page_without_a_code_or_after_a_quarter_of_an_hour_asks_for_it(client: Client) -> None:
    assert client.get(CHECK)["Location"] == client.post(CHECK)["Location"] == ENTER
    voucher = fresh()
    form = shown(client, voucher)
    session = client.session
    session["voucher"] = session["voucher"] | {"until": 0}
    session.save()
    assert client.post(CHECK, form)["Location"] == ENTER
    assert is_untouched(voucher)


def test_a_voucher_that_somebody_else_redeemed_meanwhile_is_refused_in_the_same_words(client: Client) -> None:
    voucher = fresh()
    form = shown(client, voucher)
    other = Client()
    other.force_login(bao())
    other.post(CHECK, shown(other, voucher))
    answer = client.post(CHECK, form, follow=True)
    assert REFUSED in text(answer)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"form_token": str(uuid.uuid4())}, {"form_token": "1"}, {"line": "x"}, {"start": "?"}]
)
def test_a_form_that_is_not_the_one_that_was_shown_spends_nothing_and_is_shown_again(
    client: Client, changes: dict[str, str]
) -> None:
    voucher = fresh()
    form = shown(client, voucher)
    answer = client.post(CHECK, form | changes)
    assert answer.status_code == 422
    assert "Check it and confirm again" in text(answer)
    assert is_untouched(voucher)
    assert form["form_token"] in text(answer)
    assert client.post(CHECK, form).status_code == 302


def test_another_number_chosen_meanwhile_is_shown_before_it_gets_anything(owner: Subscriber, client: Client) -> None:
    second = line_of("+4917604069019")
    LineOwnership.objects.create(line=second, subscriber=owner, from_at=clock.now())
    voucher = fresh()
    form = shown(client, voucher)
    client.post(reverse("line_switch"), {"line": str(second.pk)})
    answer = client.post(CHECK, form)
    assert answer.status_code == 422
    assert "+49 176 04069019" in text(answer)
    assert is_untouched(voucher)
    again = dict(re.findall(r'<input type="hidden" name="(form_token|line)" value="([^"]+)"', text(answer)))
    client.post(CHECK, again)
    assert Order.objects.get().line == second


def test_what_the_server_decides_cannot_be_posted(owner: Subscriber, client: Client) -> None:
    form = shown(client, fresh())
    client.post(CHECK, form | {"price_minor": "999999", "voucher": "x", "buyer": "2", "what": "plan", "method": "card"})
    order = Order.objects.get()
    assert (order.price_minor, order.method, order.what, order.buyer) == (1000, "voucher", "top_up", owner)


def test_an_add_on_without_a_plan_says_what_to_do_first_and_keeps_the_voucher(client: Client) -> None:
    voucher = fresh(plan="more-5")
    assert enter(client, voucher.code)["Location"] == CHECK
    answer = client.get(CHECK, follow=True)
    assert "Choose a plan first; your voucher is not used up." in text(answer)
    assert answer.redirect_chain == [("/plans/", 302)]
    assert is_untouched(voucher)


def test_a_country_without_vat_says_so_and_keeps_the_voucher(client: Client) -> None:
    voucher = fresh(plan="month-15")
    Line.objects.update(country="XX")
    enter(client, voucher.code)
    assert "cannot be used in the country of your number yet" in text(client.get(CHECK, follow=True))
    assert is_untouched(voucher)


def test_a_number_that_nothing_can_be_bought_for_is_told_before_a_code_is_typed(
    owner: Subscriber, client: Client
) -> None:
    voucher = fresh()
    form = shown(client, voucher)
    owner.lines[0].move_to(LineState.BLOCKED, reason="stolen")
    for answer in (client.get(ENTER), enter(client, voucher.code), client.post(CHECK, form)):
        assert answer["Location"] == "/home/"
    assert "Your voucher is not used up" in text(client.get("/home/"))
    assert is_untouched(voucher)


def test_without_a_line_or_without_signing_in_there_is_nothing_to_redeem_for(client: Client, owner: Subscriber) -> None:
    for path in (ENTER, CHECK):
        assert Client().get(path)["Location"] == f"/account/login/?next={path}"
    LineOwnership.objects.update(until_at=LONG_AGO)
    assert client.get(ENTER)["Location"] == reverse("line_add")


def test_nothing_changes_by_looking(client: Client) -> None:
    voucher = fresh()
    shown(client, voucher)
    for path in (ENTER, CHECK):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert is_untouched(voucher)
    assert client.put(ENTER).status_code == 405


def test_the_pages_around_lead_here(client: Client) -> None:
    for path in ("/credit/", "/top-up/", "/plans/month-15/order/"):
        assert f'href="{ENTER}"' in text(client.get(path)), path


def test_every_voucher_of_a_batch_is_worth_the_same_to_whoever_comes(owner: Subscriber, client: Client) -> None:
    for voucher in active(now=clock.now(), count=3):
        client.post(CHECK, shown(client, voucher))
    assert credit_of(owner) == (3000, 0)
    assert Voucher.objects.filter(state=VoucherState.REDEEMED).count() == Order.objects.count() == 3


def test_a_plan_that_is_no_longer_sold_is_still_given(owner: Subscriber, client: Client) -> None:
    voucher = fresh(plan="month-15")
    Plan.objects.filter(code="month-15").update(on_sale_until=clock.now(), price_minor=9900)
    form = shown(client, voucher)
    assert "€15.00" in text(client.get(CHECK))
    client.post(CHECK, form)
    assert Order.objects.get().price_minor == 1500
