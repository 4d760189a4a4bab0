"""Contexts of the pages about what comes next: every state a queued plan can be in, worded by the page itself."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from billing.models import CameBy, Method, QueueChangeKind
from billing.queued import page, review, span
from billing.queued.forms import SwapForm
from billing.queued.limits import Why
from billing.queued.listing import Place
from billing.standing.words import Said
from lib import clock
from lib.money import Money
from plans.calendar import Slot, Validity, ValidityUnit
from tests.look.sample_back import NOW
from tests.look.sample_standing import LINE, SENTENCE

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONG = "包月流量畅享套餐（含欧盟漫游）Donaudampfschifffahrtsgesellschaftspaket"
HOME = Like(**{**vars(LINE), "label": "Emma’s tablet", "time_zone": "Europe/Berlin"})


def order(number: int, title: str = "Month 15", minor: int = 1500, **more: Any) -> Any:
    facts = {
        "came_by": CameBy.SELF,
        "method": Method.CREDIT,
        "paid_at": NOW,
        "is_by_other": False,
        "currency": "EUR",
        "line_id": LINE.id,
    }
    one = UUID(int=number)
    plan = Like(title=title)
    return Like(pk=one, id=one, price=Money(minor, "EUR"), price_minor=minor, plan=plan, line=HOME, **facts | more)


def place(title: str, starts: float, ends: float, **more: Any) -> Place:
    """From day `starts` to day `ends` from now; `by` is its order."""
    period = Like(plan=Like(title=title), starts_at=NOW + starts * DAY, ends_at=NOW + ends * DAY, origin="import:1")
    is_running = starts <= 0
    facts = {"is_mine": True, "until": period.starts_at - DAY, **more}
    return Place(period=period, is_running=is_running, **facts)  # type: ignore[arg-type]


def change(due_at: Any, *, to: str = "", by_order: Any = None) -> Any:
    kind = QueueChangeKind.SWAP if to else QueueChangeKind.CANCEL
    return Like(pk=UUID(int=70), due_at=due_at, kind=kind, plan=Like(title=to) if to else None, by_order=by_order)


RUNNING = place("Month 40", -26, 4, order=order(1, "Month 40", 2500))
RENEWS = Like(plan=Like(title="Month 15"), price=Money(1500, "EUR"), renews_at=NOW + 4 * DAY, cut_off=NOW + 3 * DAY)


def listed(*places: Place, **more: Any) -> dict[str, Any]:
    return {
        "place": "home",
        "line": HOME,
        "rows": [page.row(one, now=clock.now()) for one in places],
        "has_next": len(places) > 1,
        "span": span.drawn(places, now=NOW),
        "renews": None,
        "said": None,
        "can_change_renewal": False,
        "former": None,
    } | more


def one_queued() -> dict[str, Any]:
    return listed(RUNNING, place("Month 40", 4, 34, order=order(2, "Month 40", 2500)))


def will_be_cancelled() -> dict[str, Any]:
    """Two are going, the first can be undone, the second is being carried out."""
    return listed(
        RUNNING,
        place("Month 40", 4, 34, order=order(2, "Month 40", 2500), change=change(clock.now() + 7 * MINUTE)),
        place("Day 1", 34, 35, order=order(3, "Day 1", 200), change=change(clock.now() - MINUTE)),
        place("Quarter 60", 35, 125, order=order(4, "Quarter 60", 6900)),
    )


def many() -> dict[str, Any]:
    """Every source a queued plan can come from, and everything that can be in the way."""
    by_other = order(5, LONG, 123456, is_by_other=True)
    swapped = change(clock.now() + 4 * MINUTE, to=LONG)
    return listed(
        place("Day 1", -0.4, 0.6, order=order(1, "Day 1", 200)),
        place("Month 5", 0.6, 30.6, order=order(2, "Month 5", 800), why=Why.TOO_LATE, may_withdraw=True),
        place("Month 15", 30.6, 60.6, order=order(3, came_by=CameBy.AUTO_RENEW), change=swapped),
        place("Month 15", 60.6, 90.6, order=order(4, method=Method.VOUCHER)),
        place(LONG, 90.6, 120.6, order=by_other, is_mine=False),
        place("Month 15", 120.6, 150.6, order=order(6), why=Why.DISPUTED),
        place(
            "Month 15",
            150.6,
            180.6,
            order=order(7),
            change=change(None, to="Month 40", by_order=Like(pk=UUID(int=9))),
        ),
        place("Month 5", 180.6, 210.6, why=Why.NO_ORDER, is_mine=False),
        line=LINE,
        renews=RENEWS,
        said=Said(SENTENCE),
    )


def renewing() -> dict[str, Any]:
    """Nothing is queued, auto-renew buys another plan since a minute ago."""
    return listed(
        RUNNING,
        renews=RENEWS,
        said=Said(SENTENCE),
        can_change_renewal=True,
        former=Like(plan=Like(title=LONG)),
    )


def none() -> dict[str, Any]:
    return listed()


def moves() -> list[Any]:
    later = Slot(NOW + 4 * DAY, NOW + 34 * DAY, NOW, 0)
    period = Like(plan=Like(title=LONG), starts_at=NOW + 34 * DAY, ends_at=NOW + 64 * DAY)
    return [Like(period=period, slot=later)]


def _seen(**more: Any) -> Any:
    facts = {
        "period": Like(plan=Like(title="Month 15"), starts_at=NOW + 4 * DAY, ends_at=NOW + 34 * DAY),
        "back": Money(1500, "EUR"),
        "over": Money(0, "EUR"),
        "missing": Money(0, "EUR"),
        "until": NOW + 3 * DAY,
        "moved": [],
        "goes_to_credit": False,
        "may_be_credit": True,
        "is_covered": True,
        "slot": Slot(NOW + 4 * DAY, NOW + 34 * DAY, NOW, 0),
    }
    return Like(**facts | more)


CARD: dict[str, Any] = {"method": Method.CARD, "payments": Like(all=list)}


def cancel() -> dict[str, Any]:
    """Paid by card, something moves up, auto-renew is on."""
    return review.cancel_facts(order(2, **CARD), _seen(moved=moves()), is_mine=True, auto_renew=True)


def cancel_credit() -> dict[str, Any]:
    seen = _seen(goes_to_credit=True, may_be_credit=False)
    return review.cancel_facts(order(2), seen, is_mine=True, auto_renew=False)


def cancel_gift() -> dict[str, Any]:
    seen = _seen(may_be_credit=False, back=Money(123456, "EUR"))
    return review.cancel_facts(order(2, LONG, 123456, is_by_other=True), seen, is_mine=False, auto_renew=False)


def plan(code: str = "month-40", title: str = "Month 40", minor: int = 2500) -> Any:
    return Like(code=code, title=title, price_minor=minor, currency="EUR", validity=Validity(1, ValidityUnit.MONTH))


def choose() -> dict[str, Any]:
    offers = [
        review.Offer(plan("month-5", "Month 5", 800), "for a month", "€7.00 back", "/orders/"),
        review.Offer(plan("long", LONG, 1500), "for a month", "costs the same", "/orders/"),
        review.Offer(plan(), "for a month", "€10.00 more", "/orders/"),
    ]
    return _common() | {"back_minor": 1500, "offers": offers}


def choose_none() -> dict[str, Any]:
    return choose() | {"offers": []}


def _common() -> dict[str, Any]:
    return review.cancel_facts(order(2, **CARD), _seen(), is_mine=True, auto_renew=False)


def _swap(data: dict[str, str] | None = None, *, to: Any = None, **more: Any) -> dict[str, Any]:
    new = to or plan()
    context = _common() | {
        "form": SwapForm(data, initial={"form_token": UUID(int=5)}),
        "plan": new,
        "slot": _seen().slot,
        "validity": "for a month",
        "over_minor": 0,
        "missing_minor": 0,
        "is_covered": True,
        "may_be_credit": False,
        "pay_url": "/orders/",
        "summary_url": "/orders/",
    }
    return context | more


def swap_less() -> dict[str, Any]:
    """Cheaper: what is over goes where it is wished, and something moves up."""
    to = plan("month-5", LONG, 800)
    return _swap(to=to, over_minor=700, may_be_credit=True, moved=moves())


def swap_more() -> dict[str, Any]:
    return _swap({"form_token": "x"}, missing_minor=1000)


def swap_pay() -> dict[str, Any]:
    return _swap(missing_minor=1000, is_covered=False)


def renewal() -> dict[str, Any]:
    plans = [Like(pk=1, **vars(plan("month-5", LONG, 800))), Like(pk=2, **vars(plan()))]
    on = Like(plan=Like(pk=2), cut_off=NOW + 3 * DAY)
    return {"place": "home", "line": HOME, "on": on, "form": Like(non_field_errors=list, plan=None), "plans": plans}


def instead() -> dict[str, Any]:
    """What the review of an order says when a queued plan goes for it."""
    return review.instead_facts(order(2, LONG, **CARD), _seen())


PAGES: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "queue": ("billing/queued/list.html", one_queued),
    "queue-going": ("billing/queued/list.html", will_be_cancelled),
    "queue-many": ("billing/queued/list.html", many),
    "queue-renews": ("billing/queued/list.html", renewing),
    "queue-none": ("billing/queued/list.html", none),
    "queue-cancel": ("billing/queued/cancel.html", cancel),
    "queue-cancel-credit": ("billing/queued/cancel.html", cancel_credit),
    "queue-cancel-gift": ("billing/queued/cancel.html", cancel_gift),
    "queue-change": ("billing/queued/change.html", choose),
    "queue-change-none": ("billing/queued/change.html", choose_none),
    "queue-swap-less": ("billing/queued/change_to.html", swap_less),
    "queue-swap-more": ("billing/queued/change_to.html", swap_more),
    "queue-swap-pay": ("billing/queued/change_to.html", swap_pay),
    "queue-renewal": ("billing/queued/renewal.html", renewal),
}
