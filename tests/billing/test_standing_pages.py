"""The pages of auto-renew and auto top-up: on and off in one tap, date, sum, way to pay and cut-off wherever it matters."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Line, Subscriber
from billing.models import AutoRenew, AutoTopUp, PaymentMethod, Renewal
from lib import clock
from plans.models import Plan, PlanPeriod
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.cast import anna, carla

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    return anna()


@pytest.fixture
def client_of(owner: Subscriber) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def method(owner: Subscriber, number: str = "4242", **flags: bool) -> PaymentMethod:
    return PaymentMethod.objects.create(
        subscriber=owner,
        way="card",
        gateway_id=f"pm_{number}",
        label=f"Visa ···{number}",
        saved_at=clock.now(),
        **flags,
    )


def line_of(owner: Subscriber) -> Line:
    return owner.lines[0]


def renew_path(owner: Subscriber, act: str = "") -> str:
    return f"/lines/{line_of(owner).pk}/auto-renew/{act}"


def top_up_path(owner: Subscriber, act: str = "") -> str:
    return f"/lines/{line_of(owner).pk}/auto-top-up/{act}"


def buy(owner: Subscriber) -> PlanPeriod:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    return PlanPeriod.objects.get(origin=order.subject)


def switched_on(client: Client, owner: Subscriber, way: PaymentMethod, **more: str) -> str:
    answer = client.post(
        renew_path(owner), {"plan": "month-15:1500", "method": str(way.pk), "backup": "", **more}, follow=True
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_tap_with_what_is_chosen_already_switches_it_on(owner: Subscriber, client_of: Client) -> None:
    way = method(owner, is_default=True)
    buy(owner)
    page = client_of.get(renew_path(owner)).content.decode()
    assert 'value="month-15:1500" checked' in page
    assert f'value="{way.pk}" checked' in page
    said = switched_on(client_of, owner, way)
    on = AutoRenew.objects.get()
    assert (on.method, on.plan.code, on.price_minor, on.consents["text"]) == (way, "month-15", 1500, "auto-renew")
    assert "Renews by itself on" in said
    assert "€15.00 from Visa ···4242; switch off until" in said


def test_date_sum_way_and_cut_off_stand_on_home_review_and_order(owner: Subscriber, client_of: Client) -> None:
    order = order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    switched_on(client_of, owner, method(owner))
    for path in ("/home/", "/plans/month-5/order/", f"/orders/{order.pk}/"):
        assert "€15.00 from Visa ···4242; switch off until" in client_of.get(path).content.decode(), path


def test_off_in_one_tap_and_a_second_one_changes_nothing(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    page = switched_on(client_of, owner, method(owner))
    for _time in range(2):
        page = client_of.post(renew_path(owner, "off/"), follow=True).content.decode()
        assert "Auto-renew is off" in page
    on = AutoRenew.objects.get()
    assert (on.off_reason, on.off_by) == ("by_owner", f"subscriber:{owner.pk}")
    assert "Switch on auto-renew" in page
    assert "switch off until" not in client_of.get("/home/").content.decode()


def test_off_after_the_charge_offers_the_next_period_back(owner: Subscriber, client_of: Client) -> None:
    first = buy(owner)
    switched_on(client_of, owner, method(owner))
    on, order = AutoRenew.objects.get(), order_plan(owner, now=clock.now())
    pay(order, now=clock.now())
    run = Renewal.objects.create(auto_renew=on, line=on.line, follows=first, created_at=clock.now(), order=order)
    for state in ("charging", "done"):
        run.move_to(state)  # type: ignore[arg-type]
    page = client_of.post(renew_path(owner, "off/"), follow=True).content.decode()
    assert "The next plan period is paid already" in page
    page = client_of.post(renew_path(owner, "cancel-next/"), follow=True).content.decode()
    assert "The whole price is on its way back" in page
    assert PlanPeriod.objects.get(origin=order.subject).cancelled_at
    page = client_of.post(renew_path(owner, "cancel-next/"), follow=True).content.decode()
    assert "There is nothing left to cancel" in page


def test_without_a_saved_way_to_pay_the_page_leads_to_saving_one_and_back(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    page = client_of.get(renew_path(owner)).content.decode()
    assert f"/ways-to-pay/save/?next=/lines/{line_of(owner).pk}/auto-renew/" in page
    page = client_of.get(top_up_path(owner)).content.decode()
    assert f"/ways-to-pay/save/?next=/lines/{line_of(owner).pk}/auto-top-up/" in page
    assert "Switch on auto top-up" not in page


def test_credit_alone_can_renew(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    client_of.post(renew_path(owner), {"plan": "month-15:1500", "method": "credit"})
    on = AutoRenew.objects.get()
    assert (on.method, on.uses_credit) == (None, True)
    assert "€15.00 from credit; switch off until" in client_of.get("/home/").content.decode()


def test_another_price_than_shown_is_asked_again(owner: Subscriber, client_of: Client) -> None:
    way = method(owner)
    answer = client_of.post(renew_path(owner), {"plan": "month-15:1400", "method": str(way.pk)})
    assert answer.status_code == 422
    assert "The price has changed" in answer.content.decode()
    assert not AutoRenew.objects.exists()


@pytest.mark.parametrize("change", [{"plan": "x"}, {"method": "nonsense"}, {"backup": "nonsense"}, {"plan": ""}])
def test_what_was_not_offered_is_refused(owner: Subscriber, client_of: Client, change: dict[str, str]) -> None:
    way = method(owner)
    answer = client_of.post(renew_path(owner), {"plan": "month-15:1500", "method": str(way.pk), **change})
    assert answer.status_code == 422
    assert not AutoRenew.objects.exists()


def test_somebody_else_s_line_is_not_there(owner: Subscriber) -> None:
    client = Client()
    client.force_login(carla())
    for act in ("", "off/", "cancel-next/"):
        assert client.post(renew_path(owner, act)).status_code == 404
    for act in ("", "off/"):
        assert client.post(top_up_path(owner, act)).status_code == 404
    assert not AutoRenew.objects.exists()


def test_within_a_day_of_a_changed_sign_in_nothing_can_be_switched_on(owner: Subscriber, client_of: Client) -> None:
    way = method(owner)
    buy(owner)
    Subscriber.objects.filter(pk=owner.pk).update(sign_in_changed_at=clock.real_now() - timedelta(hours=1))
    assert "Not possible until tomorrow" in client_of.get(renew_path(owner)).content.decode()
    answer = client_of.post(renew_path(owner), {"plan": "month-15:1500", "method": str(way.pk)})
    assert answer.status_code == 422
    assert not AutoRenew.objects.exists()


def test_a_renewal_in_trouble_shows_its_repair_on_home(owner: Subscriber, client_of: Client) -> None:
    first = buy(owner)
    switched_on(client_of, owner, method(owner))
    on, order = AutoRenew.objects.get(), order_plan(owner, now=clock.now())
    run = Renewal.objects.create(auto_renew=on, line=on.line, follows=first, created_at=clock.now(), order=order)
    for state in ("charging", "wants_bank"):
        run.move_to(state)  # type: ignore[arg-type]
    for path in ("/home/", renew_path(owner)):
        page = client_of.get(path).content.decode()
        assert "Your bank wants you to confirm the payment of €15.00." in page
        assert f'href="/orders/{order.pk}/"' in page


def test_auto_top_up_is_switched_on_changed_and_off(owner: Subscriber, client_of: Client) -> None:
    way = method(owner)
    asked = {"below_minor": "500", "add_minor": "1000", "at_most": "3", "method": str(way.pk)}
    page = client_of.post(top_up_path(owner), asked, follow=True).content.decode()
    assert "Auto top-up is on." in page
    client_of.post(top_up_path(owner), {**asked, "add_minor": "2000"})
    assert list(AutoTopUp.objects.order_by("on_at").values_list("add_minor", "off_reason")) == [
        (1000, "replaced"),
        (2000, ""),
    ]
    assert "Below €5.00 we add €20.00 from Visa ···4242" in client_of.get("/credit/").content.decode()
    client_of.post(top_up_path(owner, "off/"))
    assert not AutoTopUp.objects.filter(off_at=None).exists()


@pytest.mark.parametrize("change", [{"below_minor": "7"}, {"add_minor": "7"}, {"at_most": "99"}, {"method": "credit"}])
def test_only_offered_sums_and_saved_ways_top_up(owner: Subscriber, client_of: Client, change: dict[str, str]) -> None:
    way = method(owner)
    asked = {"below_minor": "500", "add_minor": "1000", "at_most": "3", "method": str(way.pk), **change}
    assert client_of.post(top_up_path(owner), asked).status_code == 422
    assert not AutoTopUp.objects.exists()


def test_a_plan_that_is_no_longer_sold_is_not_offered(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    Plan.objects.filter(code="month-15").update(on_sale_until=clock.now())
    page = client_of.get(renew_path(owner)).content.decode()
    assert "month-15:1500" not in page
    assert "month-5:" in page


def test_a_plan_that_is_withdrawn_or_dearer_is_said_before_the_end(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    switched_on(client_of, owner, method(owner))
    Plan.objects.filter(code="month-15").update(price_minor=1700)
    assert "Month 15 now costs €17.00, so it does not renew by itself at €15.00" in home(client_of)
    AutoRenew.objects.update(told_price_minor=1700, told_good_from=clock.now() + timedelta(days=14))
    assert "€17.00 from Visa ···4242; switch off until" in home(client_of)
    Plan.objects.filter(code="month-15").update(price_minor=1200)
    assert "€12.00 from Visa ···4242; switch off until" in home(client_of)
    Plan.objects.filter(code="month-15").update(on_sale_until=clock.now())
    assert "Month 15 is no longer sold, so it does not renew by itself" in home(client_of)


def test_what_switched_itself_off_says_why(owner: Subscriber, client_of: Client) -> None:
    buy(owner)
    switched_on(client_of, owner, method(owner))
    AutoRenew.objects.update(off_at=clock.now(), off_reason="given_up", off_by="system")
    page = client_of.get(renew_path(owner)).content.decode()
    assert "Auto-renew was switched off" in page
    assert "It could not be paid after several tries." in page


def home(client: Client) -> str:
    return client.get("/home/").content.decode()
