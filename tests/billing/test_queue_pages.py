"""What comes next, in pages: seen, cancelled, changed and undone by the line's owner, and by nobody else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import LineOwnership, Subscriber
from billing.models import (
    AutoRenew,
    Order,
    OrderState,
    PaymentMethod,
    QueueChange,
    QueueChangeState,
    RefundRequest,
)
from billing.queued import carrying_out
from billing.standing import auto_renew
from billing.standing.auto_renew import RenewWish
from lib import clock
from notifications.models import Message
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data
from tests.billing.planting import plant
from tests.billing.queueing import DAY, bought, cancel, period
from tests.cast import anna, bao, carla

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    """Anna, whose first month runs."""
    load_reference_data()
    person = anna()
    bought(person, now=clock.now())
    return person


@pytest.fixture
def browser(owner: Subscriber) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def queued(owner: Subscriber, code: str = "month-15") -> Order:
    return bought(owner, code, now=clock.now())


def path(owner: Subscriber) -> str:
    return f"/lines/{owner.lines[0].pk}/next/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return dict(re.findall(r'<input type="hidden" name="(form_token|shown_\w+)" value="([^"]+)"', page))


def confirm(browser: Client, address: str, **more: str) -> str:
    """Look at the page and press its button."""
    fields = hidden(text(browser.get(address)))
    return text(browser.post(address, {**fields, **more}, follow=True))


def test_the_page_shows_every_plan_with_price_way_and_until_when(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    page = text(browser.get(path(owner)))
    assert page.count("€15.00 · Visa ···4242") == 2
    assert "Can be changed or cancelled until" in page
    assert f"/orders/{order.pk}/next/cancel/" in page
    assert f"/orders/{order.pk}/next/change/" in page
    assert "/next/cancel/" not in page.replace(f"/orders/{order.pk}/next/cancel/", "")


def test_home_and_the_order_lead_there(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    assert path(owner) in text(browser.get("/home/"))
    assert path(owner) in text(browser.get(f"/orders/{order.pk}/"))
    running = Order.objects.exclude(pk=order.pk).get()
    assert path(owner) not in text(browser.get(f"/orders/{running.pk}/"))


def test_cancelled_undone_and_cancelled_again(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    address = f"/orders/{order.pk}/next/cancel/"
    seen = text(browser.get(address))
    assert "Cancel it, €15.00 back" in seen
    assert "Back to the card you paid with" in seen
    said = confirm(browser, address)
    assert "Nothing has changed yet" in said
    assert "It will be cancelled on" in said
    undo_path = re.search(r'action="(/next/[^"]+/undo/)"', said)
    assert undo_path
    assert "Undone. Everything is as it was." in text(browser.post(undo_path[1], follow=True))
    assert "Cancelled, and undone again" in text(browser.get(f"/orders/{order.pk}/"))
    confirm(browser, address, to="credit")
    assert [change.state for change in QueueChange.objects.order_by("asked_at")] == ["undone", "waiting"]
    carrying_out.sweep(now=clock.now() + timedelta(minutes=10))
    assert QueueChange.objects.filter(state=QueueChangeState.DONE, to_credit=True).count() == 1
    page = text(browser.get(f"/orders/{order.pk}/"))
    assert "Cancelled before it began: €15.00 go back" in page
    assert "Nothing is paid behind it yet" in text(browser.get(path(owner)))


def test_a_second_click_changes_nothing_and_says_so(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    address = f"/orders/{order.pk}/next/cancel/"
    fields = hidden(text(browser.get(address)))
    for _click in range(2):
        answer = browser.post(address, fields, follow=True)
        assert answer.status_code == 200
    assert QueueChange.objects.count() == 1
    carrying_out.sweep(now=clock.now() + timedelta(minutes=10))
    assert "You have sent this before" in text(browser.post(address, fields, follow=True))
    assert RefundRequest.objects.count() == 1


def test_undo_after_its_time_says_that_it_is_done(owner: Subscriber, browser: Client) -> None:
    change = cancel(queued(owner), owner, now=clock.now() - timedelta(minutes=11))
    assert "It is being changed at this moment." in text(browser.get(path(owner)))
    said = text(browser.post(f"/next/{change.pk}/undo/", follow=True))
    assert "can no longer be undone" in said


def test_the_mail_tells_until_when_and_where_to_undo_it(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    confirm(browser, f"/orders/{order.pk}/next/cancel/")
    mail = Message.objects.get(kind="next_plan_to_change")
    assert (mail.channel, mail.address) == ("email", owner.email)
    until = QueueChange.objects.get().takes_effect_at
    assert until
    assert mail.context["undo_at"] == until.isoformat()
    assert str(mail.context["url"]).endswith(path(owner))


@pytest.mark.parametrize("act", ["cancel", "change", "change/month-5"])
def test_a_stranger_finds_nothing(owner: Subscriber, act: str) -> None:
    order = queued(owner)
    client = Client()
    client.force_login(bao())
    assert client.get(path(owner)).status_code == 404
    assert client.get(f"/orders/{order.pk}/next/{act}/").status_code == 404
    change = cancel(order, owner, now=clock.now())
    assert client.post(f"/next/{change.pk}/undo/").status_code == 404
    assert Client().get(path(owner)).status_code == 302


def test_who_gets_the_number_sees_the_plan_and_nothing_of_who_paid_it(owner: Subscriber) -> None:
    order = queued(owner)
    now = clock.now()
    heir = carla()
    LineOwnership.objects.filter(subscriber=owner).update(until_at=now)
    line = order.line
    LineOwnership.objects.create(line=line, subscriber=heir, from_at=now)
    client = Client()
    client.force_login(heir)
    page = text(client.get(f"/lines/{line.pk}/next/"))
    assert "Came with the number" in page
    assert "€15.00" not in page
    assert str(order.pk) not in page
    assert client.get(f"/orders/{order.pk}/next/cancel/").status_code == 404


def test_a_gift_can_be_given_back_but_not_changed(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    plant(
        "UPDATE billing_order SET buyer_id = NULL, came_by = 'guest', payer_email = 'giver@example.com' WHERE id = %s",
        order.pk,
    )
    page = text(browser.get(path(owner)))
    assert "by somebody else" in page
    assert "Somebody else paid for it. You can give it back to them until" in page
    assert "giver@example.com" not in page
    assert f"/orders/{order.pk}/next/change/" not in page
    seen = text(browser.get(f"/orders/{order.pk}/next/cancel/"))
    assert "You get nothing of it." in seen
    assert 'name="to"' not in seen


def test_within_24_hours_the_law_s_way_is_left_and_said(owner: Subscriber, browser: Client) -> None:
    soon = (clock.now() + timedelta(hours=20)).replace(microsecond=0)
    plant("UPDATE plans_planperiod SET ends_at = %s", soon)
    order = queued(owner)
    page = text(browser.get(path(owner)))
    assert "It begins in less than 24 hours" in page
    assert f"/orders/{order.pk}/withdraw/" in page
    assert f"/orders/{order.pk}/next/cancel/" not in page
    refused = text(browser.get(f"/orders/{order.pk}/next/cancel/", follow=True))
    assert "it cannot be changed here any more" in refused


def test_a_cheaper_plan_is_one_tap(owner: Subscriber, browser: Client) -> None:
    order = queued(owner)
    chosen = text(browser.get(f"/orders/{order.pk}/next/change/"))
    assert "€7.00 back" in chosen
    address = f"/orders/{order.pk}/next/change/month-5/"
    seen = text(browser.get(address))
    assert "Order and pay €8.00" in seen
    said = confirm(browser, address, to="payer", consent="on")
    assert escape("Month 5 comes instead.") in said
    carrying_out.sweep(now=clock.now() + timedelta(minutes=10))
    new = Order.objects.get(plan__code="month-5", state=OrderState.APPLIED)
    assert new.consents["start_at_once"] is True
    assert new.method == "credit"


def test_a_dearer_one_that_credit_does_not_cover_is_paid_first(owner: Subscriber, browser: Client) -> None:
    order = queued(owner, "month-5")
    seen = text(browser.get(f"/orders/{order.pk}/next/change/month-15/"))
    pay_path = f"/plans/month-15/order/?instead={order.pk}"
    assert pay_path in seen
    assert "Go on to pay €15.00" in seen
    review = text(browser.get(pay_path))
    assert "Month 5 stays until this is paid. Ten minutes later it is cancelled, and €8.00 go back." in review
    assert 'name="start"' not in review


def test_paid_from_credit_in_the_ordinary_review_the_queued_one_goes_ten_minutes_later(
    owner: Subscriber, browser: Client
) -> None:
    order = queued(owner, "month-5")
    give_credit(owner.lines[0], 2000)
    address = f"/plans/month-15/order/?instead={order.pk}"
    page = text(browser.get(address))
    fields = hidden(page)
    browser.post(address, {**fields, "method": "credit"})
    change = QueueChange.objects.get()
    assert change.by_order is not None
    assert change.by_order.state == OrderState.APPLIED
    assert escape("Month 15 comes instead.") in text(browser.get(path(owner)))
    carrying_out.sweep(now=clock.now() + timedelta(minutes=10))
    assert period(order).cancelled_at is not None
    assert PlanPeriod.objects.filter(cancelled_at=None).count() == 2


def test_somebody_else_s_order_is_replaced_by_nobody(owner: Subscriber) -> None:
    order = queued(owner)
    stranger = bao()
    client = Client()
    client.force_login(stranger)
    assert client.get(f"/plans/month-5/order/?instead={order.pk}").status_code == 404
    assert client.get("/plans/month-5/order/?instead=no-uuid").status_code == 200


def test_the_plan_of_auto_renew_is_changed_and_changed_back(owner: Subscriber, browser: Client) -> None:
    way = PaymentMethod.objects.create(
        subscriber=owner, way="card", gateway_id="pm_1", label="Visa ···4242", saved_at=clock.now()
    )
    plan = Plan.objects.get(code="month-15")
    wish = RenewWish(
        line=owner.lines[0], subscriber=owner, plan=plan, method=way, shown_price_minor=1500, consents={"text": "x"}
    )
    auto_renew.switch_on(wish, now=clock.now() - DAY)
    page = text(browser.get(path(owner)))
    assert "Will be bought" in page
    changed = text(browser.post(path(owner) + "renewal/", {"plan": "month-5:800"}, follow=True))
    assert "From now on Month 5 renews by itself." in changed
    assert "Before: Month 15" in changed
    said = text(browser.post(path(owner) + "renewal/undo/", follow=True))
    assert "Undone: Month 15 renews by itself again." in said
    assert AutoRenew.objects.get(off_at=None).plan == plan
    refused = browser.post(path(owner) + "renewal/", {"plan": "month-5:1"}, follow=True)
    assert "The price has changed." in text(refused)


def test_without_auto_renew_there_is_nothing_to_change(owner: Subscriber, browser: Client) -> None:
    answer = browser.get(path(owner) + "renewal/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/lines/{owner.lines[0].pk}/auto-renew/")


def test_a_line_without_plans_says_what_to_do(browser: Client, owner: Subscriber) -> None:
    heir = carla()
    client = Client()
    client.force_login(heir)
    assert "No plan runs, and none waits" in text(client.get(path(heir)))
