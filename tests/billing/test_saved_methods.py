"""Ways to pay are kept with consent, listed once, chosen, removed, and end when the card or the permission does."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Line, Subscriber
from billing.fulfilment import settle
from billing.gateways.facts import FactState, MethodFact, PaymentFact
from billing.models import AutoRenew, GatewayCustomer, Order, PaymentMethod, SavedState, SavedWay, SavingPage
from billing.saved_methods import changes, choosing, customers, page, saving
from billing.saved_methods.choosing import NotSaved
from lib.money import Money
from notifications.models import Message
from plans.models import Plan
from tests.billing.ordering import NOW, load_reference_data, order_plan, payment_for
from tests.cast import anna, carla

pytestmark = pytest.mark.django_db

CUSTOMER = "cus_anna"


@pytest.fixture
def owner() -> Subscriber:
    load_reference_data()
    person = anna()
    GatewayCustomer.objects.create(subscriber=person, customer_id=CUSTOMER)
    return person


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks about ways to pay that were asked for."""
    names: list[str] = []
    monkeypatch.setattr("lib.queue.after_commit", lambda name, **_ids: names.append(name) if "method" in name else None)
    return names


def card(number: str = "4242", *, expires: tuple[int, int] | None = (2031, 7), **more: Any) -> MethodFact:
    facts = {
        "gateway_id": f"pm_{number}",
        "way": "card",
        "label": f"Visa ···{number}",
        "fingerprint": f"print-{number}",
        "expires": expires,
        "customer_id": CUSTOMER,
    }
    return MethodFact(**{**facts, **more})


def kept(owner: Subscriber, fact: MethodFact | None = None) -> PaymentMethod:
    consent = saving.consent(language="en", at=NOW)
    return saving.keep(owner, fact or card(), consent=consent, now=NOW)


def renewing(owner: Subscriber, method: PaymentMethod, backup: PaymentMethod | None = None) -> AutoRenew:
    line: Line = owner.lines[0]
    return AutoRenew.objects.create(
        line=line,
        subscriber=owner,
        method=method,
        backup=backup,
        currency="EUR",
        on_at=NOW,
        plan=Plan.objects.get(code="month-15"),
        price_minor=1500,
    )


def flags() -> dict[str, str]:
    rows = PaymentMethod.objects.filter(state=SavedState.SAVED)
    return {row.label[-4:]: "first" if row.is_default else "backup" if row.is_backup else "" for row in rows}


def letters() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("created_at").values_list("kind", "address"))


def paid_with(order: Order, fact: MethodFact | None) -> None:
    payment = payment_for(order)
    settle(
        payment,
        PaymentFact(
            state=FactState.SUCCEEDED, intent_id="pi_1", received=Money(1500, "EUR"), method_label="Visa", method=fact
        ),
        now=NOW,
    )


def with_consent(order: Order) -> Order:
    """The same order as if the box had been ticked; the row is frozen, so it is another one."""
    order.pk, order.form_token = None, order.pk
    order.consents = {**order.consents, "keep": saving.consent(language="en", at=NOW)}
    order.reference = "R-KEEP234"
    order._state.adding = True
    order.save(force_insert=True)
    return order


def test_what_an_order_was_paid_with_is_kept_when_its_payer_agreed(owner: Subscriber) -> None:
    order = with_consent(order_plan(owner))
    paid_with(order, card())
    method = PaymentMethod.objects.get()
    assert (method.subscriber, method.label, method.expires_on) == (owner, "Visa ···4242", date(2031, 7, 31))
    assert method.is_default
    assert method.consent == order.consents["keep"]
    assert method.consent["text"] == "keep-method"


def test_without_the_box_nothing_is_kept(owner: Subscriber) -> None:
    paid_with(order_plan(owner), card())
    assert not PaymentMethod.objects.exists()


def test_what_the_gateway_keeps_for_nobody_is_not_kept_here_either(owner: Subscriber) -> None:
    paid_with(with_consent(order_plan(owner)), card(customer_id=""))
    assert not PaymentMethod.objects.exists()


def test_the_same_notice_twice_is_one_row(owner: Subscriber) -> None:
    assert kept(owner) == kept(owner)
    assert PaymentMethod.objects.count() == 1


def test_the_second_is_saved_and_not_used_by_itself(owner: Subscriber) -> None:
    kept(owner)
    kept(owner, card("4444"))
    assert flags() == {"4242": "first", "4444": ""}


def test_the_same_card_again_with_a_later_end_takes_over_what_rests_on_the_old(
    owner: Subscriber, woken: list[str]
) -> None:
    old = kept(owner, card(expires=(2027, 3)))
    standing = renewing(owner, old)
    new = kept(owner, card(gateway_id="pm_new"))
    old.refresh_from_db()
    standing.refresh_from_db()
    assert (old.state, old.is_default, old.ended_at) == (SavedState.REMOVED, False, NOW)
    assert (new.is_default, standing.method) == (True, new)
    assert woken == ["billing.forget_method"]
    assert letters() == []


def test_the_same_card_again_with_the_same_end_stays_what_it_was(owner: Subscriber, woken: list[str]) -> None:
    old = kept(owner)
    assert kept(owner, card(gateway_id="pm_again")) == old
    assert flags() == {"4242": "first"}
    assert PaymentMethod.objects.get(gateway_id="pm_again").state == SavedState.REMOVED
    assert woken == ["billing.forget_method"]


def test_two_people_may_keep_the_same_card(owner: Subscriber) -> None:
    kept(owner)
    other = carla()
    kept(other, card(gateway_id="pm_carla"))
    assert PaymentMethod.objects.filter(state=SavedState.SAVED, is_default=True).count() == 2


def test_another_becomes_first_and_the_former_steps_in_when_it_fails(owner: Subscriber) -> None:
    kept(owner)
    second, third = kept(owner, card("4444")), kept(owner, card("0005"))
    choosing.use_first(second.pk, subscriber=owner)
    assert flags() == {"4242": "backup", "4444": "first", "0005": ""}
    choosing.use_when_it_fails(third.pk, subscriber=owner)
    assert flags() == {"4242": "", "4444": "first", "0005": "backup"}
    with pytest.raises(NotSaved):
        choosing.use_when_it_fails(second.pk, subscriber=owner)


def test_somebody_else_s_cannot_be_chosen(owner: Subscriber) -> None:
    method, other = kept(owner), carla()
    with pytest.raises(NotSaved):
        choosing.use_first(method.pk, subscriber=other)
    with pytest.raises(PaymentMethod.DoesNotExist):
        choosing.remove(method.pk, subscriber=other, now=NOW)
    assert flags() == {"4242": "first"}


def test_removing_makes_the_backup_first_and_tells_whoever_rests_on_it(owner: Subscriber, woken: list[str]) -> None:
    first, second = kept(owner), kept(owner, card("4444"))
    choosing.use_when_it_fails(second.pk, subscriber=owner)
    choosing.remove(first.pk, subscriber=owner, now=NOW)
    choosing.remove(first.pk, subscriber=owner, now=NOW + timedelta(hours=1))
    first.refresh_from_db()
    assert (first.state, first.ended_at) == (SavedState.REMOVED, NOW)
    assert flags() == {"4444": "first"}
    assert woken == ["billing.method_ended", "billing.forget_method"]
    assert letters() == []


def test_the_page_of_removal_says_what_stops_and_what_goes_on(owner: Subscriber) -> None:
    first, second = kept(owner), kept(owner, card("4444"))
    standing = renewing(owner, first)
    number = "auto-renew of +49 176 04069011"
    assert page.removal_facts(first) == {"method": first, "stops": [number], "goes_on": []}
    AutoRenew.objects.filter(pk=standing.pk).update(backup=second)
    assert page.removal_facts(first) == {"method": first, "stops": [], "goes_on": [number]}


def test_the_network_s_new_date_is_taken_over(owner: Subscriber) -> None:
    method = kept(owner, card(expires=(2026, 12)))
    changes._settle(method, card(expires=(2030, 12)), now=NOW)
    method.refresh_from_db()
    assert (method.expires_on, method.state) == (date(2030, 12, 31), SavedState.SAVED)
    assert letters() == []


def test_a_card_ends_with_its_month_everywhere_and_comes_back_with_a_new_date(
    owner: Subscriber, woken: list[str]
) -> None:
    method, end = kept(owner, card(expires=(2026, 11))), NOW.replace(month=12, day=1)
    changes._settle(method, card(expires=(2026, 11)), now=end.replace(hour=11))
    assert flags() == {"4242": "first"}
    for _time in range(2):
        changes._settle(method, card(expires=(2026, 11)), now=end.replace(hour=12))
    method.refresh_from_db()
    assert (method.state, method.is_default) == (SavedState.EXPIRED, False)
    assert letters() == [("method_ended", "anna@example.com")]
    assert woken == ["billing.method_ended"]
    changes._settle(method, card(expires=(2030, 11)), now=end + timedelta(days=3))
    method.refresh_from_db()
    assert (method.state, method.is_default, method.ended_at) == (SavedState.SAVED, True, None)


def test_thirty_days_before_the_end_its_owner_hears_of_it_once(owner: Subscriber) -> None:
    method = kept(owner, card(expires=(2026, 12)))
    renewing(owner, method)
    end = NOW.replace(month=12, day=31)
    assert changes.look_after(now=end - timedelta(days=31)) == 0
    assert changes.look_after(now=end - timedelta(days=30)) == 1
    assert changes.look_after(now=end - timedelta(days=2)) == 0
    message = Message.objects.get()
    assert (message.kind, message.address) == ("method_expires", "anna@example.com")
    assert (message.context["month"], message.context["numbers"]) == ("12/2026", ["+49 176 04069011"])


def test_what_is_gone_at_the_gateway_is_removed_and_told(owner: Subscriber, woken: list[str]) -> None:
    method = kept(owner)
    changes._settle(method, None, now=NOW)
    method.refresh_from_db()
    assert method.state == SavedState.REMOVED
    assert (letters(), Message.objects.get().context["why"]) == ([("method_ended", "anna@example.com")], "detached")
    assert woken == ["billing.method_ended", "billing.forget_method"]


def test_a_permission_withdrawn_ends_it_and_is_told_once(owner: Subscriber, woken: list[str]) -> None:
    method = kept(owner)
    renewing(owner, method)
    for _time in range(2):
        changes._revoke(method, now=NOW)
    method.refresh_from_db()
    assert (method.state, method.is_default, method.ended_at) == (SavedState.REVOKED, False, NOW)
    (message,) = Message.objects.all()
    assert (message.context["why"], message.context["numbers"]) == ("revoked", ["+49 176 04069011"])
    assert woken == ["billing.method_ended", "billing.forget_method"]


def test_what_still_rests_on_something_ended_is_found_by_the_sweep(
    owner: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, backup = kept(owner), kept(owner, card("4444"))
    renewing(owner, method, backup)
    choosing.remove(backup.pk, subscriber=owner, now=NOW)
    called: list[tuple[str, str]] = []
    monkeypatch.setattr("lib.queue.wake", lambda name, **ids: called.append((name, *ids.values())))
    assert changes.look_after(now=NOW) == 1
    assert called == [("billing.method_ended", str(backup.pk))]


def test_one_customer_serves_transfers_and_saved_ways(owner: Subscriber) -> None:
    assert customers.opened(owner) == CUSTOMER


def test_a_page_for_saving_is_the_same_for_a_second_click(owner: Subscriber) -> None:
    def page_for(way: SavedWay) -> SavingPage:
        return saving._page(owner, way=way, consent={}, goes_on="/home/")

    first = page_for(SavedWay.CARD)
    SavingPage.objects.filter(pk=first.pk).update(page_url="https://pay.example/", session_id="cs_1")
    assert page_for(SavedWay.CARD).pk == first.pk
    assert page_for(SavedWay.PAYPAL).pk != first.pk
