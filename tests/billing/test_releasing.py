"""A number that is given up: no cent lost, nothing of it for its next owner, and still payable on proof."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts.models import Line, LineState, Subscriber
from billing import ledger, releasing
from billing.for_others import links
from billing.ledger import Posting
from billing.models import AccountKind, AutoRenew, EntryKind, LedgerAccount
from billing.standing import auto_renew
from lib import clock
from notifications import choices
from notifications.models import Choice, Message
from portal.line_import.loading import load
from portal.line_import.parsing import RowRefused, StockRow
from tests.cast import anna
from tests.stack.invariants import broken

DAY = timedelta(days=1)
NOW = clock.real_now().replace(microsecond=0)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> Subscriber:
    person = anna()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def line(owner: Subscriber) -> Line:
    """Suspended for 60 days, with 7 EUR paid and 3 EUR given."""
    line: Line = owner.lines.get()
    give(line, 700, AccountKind.CREDIT_PAID)
    give(line, 300, AccountKind.CREDIT_BONUS)
    line.move_to(LineState.SUSPENDED, reason="not used")
    Line.objects.update(state_since=NOW - 60 * DAY)
    line.refresh_from_db()
    return line


def give(line: Line, minor: int, part: AccountKind) -> None:
    pots = ledger.pots(AccountKind.OPENING, part, currency="EUR", line=line)
    posting = Posting(
        kind=EntryKind.OPENING, source=pots[AccountKind.OPENING], target=pots[part], amount_minor=minor,
        key=f"opening:{line.pk}:{part}", event_at=NOW, actor="test",
    )  # fmt: skip
    ledger.post(posting)


def pot(kind: AccountKind) -> int:
    account = LedgerAccount.objects.get(kind=kind, line=None)
    return sum(entry.amount_minor for entry in account.entries_in.all())


def test_it_is_given_up_when_its_time_is_up_and_not_before(line: Line) -> None:
    assert releasing.sweep(now=NOW - timedelta(hours=1)) == 0
    assert releasing.sweep(now=NOW) == 1
    assert releasing.sweep(now=NOW) == 0
    line.refresh_from_db()
    assert line.state == LineState.RELEASED


def test_its_credit_is_put_aside_to_the_cent_and_its_owner_told(line: Line, owner: Subscriber) -> None:
    releasing.sweep(now=NOW)
    paid, bonus = ledger.credit_of(line)
    assert (paid.minor, bonus.minor) == (0, 0)
    assert (pot(AccountKind.UNCLAIMED), pot(AccountKind.PROMOTIONS)) == (700, 300)
    message = Message.objects.get()
    assert (message.kind, message.address) == ("line_released", owner.email)
    assert message.context["credit"] == {"minor": 700, "currency": "EUR"}
    assert broken() == {}


def test_nothing_of_it_goes_on(line: Line, owner: Subscriber) -> None:
    link = links.make(line, owner, shows="nickname", lets_plans=False, now=NOW)
    choices.choose(line.msisdn, "plan_ended", is_wanted=False)
    releasing.sweep(now=NOW)
    link.refresh_from_db()
    owner.refresh_from_db()
    assert (link.revoked_at, owner.msisdn) == (NOW, None)
    assert not Choice.objects.exists()


def test_auto_renew_of_it_is_off(line: Line, owner: Subscriber, monkeypatch: Any) -> None:
    from tests.billing.ordering import load_reference_data

    load_reference_data()
    from plans.models import Plan

    plan = Plan.objects.get(code="month-15")
    Line.objects.update(state=LineState.ACTIVE)
    wish = auto_renew.RenewWish(
        line=line, subscriber=owner, plan=plan, method=None, backup=None, uses_credit=True,
        shown_price_minor=plan.price_minor, consents={},
    )  # fmt: skip
    auto_renew.switch_on(wish, now=NOW - 90 * DAY)
    Line.objects.update(state=LineState.SUSPENDED)
    releasing.sweep(now=NOW)
    assert AutoRenew.objects.get().off_reason == "released"


def test_the_number_rests_before_somebody_else_gets_it_as_a_new_line(line: Line) -> None:
    releasing.sweep(now=NOW)
    line.refresh_from_db()
    Line.objects.update(state_since=NOW)
    assert _import(line.msisdn, now=NOW + 89 * DAY) == ["line 2: number: was given up and rests until"]
    assert _import(line.msisdn, now=NOW + 90 * DAY) == []
    new = Line.objects.live().get(msisdn=line.msisdn)
    assert (new.pk != line.pk, new.ownerships.count(), ledger.credit_of(new)[0].minor) == (True, 0, 0)


def _import(msisdn: str, *, now: Any) -> list[str]:
    """What is said of the rows that are refused, without the date."""
    row = StockRow(
        at=2, msisdn=msisdn, iccid="", country="DE", time_zone="Europe/Berlin", currency="EUR", language="en",
        state=LineState.STOCK, paid_minor=0, bonus_minor=0, plan="", starts_at=None, ends_at=None,
        left={"data": None, "voice": None, "texts": None},
    )  # fmt: skip
    rows: list[StockRow | RowRefused] = [row]
    return [str(refusal).rpartition(" ")[0] for outcome in load(rows, now=now) for refusal in outcome.refused]
