"""One renewal, a step at a time: decided under the line's lock, paid with no transaction open, then noted what came of it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import LineOwnership
from billing import ledger, orders
from billing.ledger import NotEnoughCredit
from billing.models import (
    LIVE_PAYMENT_STATES,
    OPEN_RUN_STATES,
    AttemptState,
    AutoRenew,
    CameBy,
    Method,
    Order,
    OrderState,
    PaymentAttempt,
    PaymentMethod,
    PaymentWay,
    QueueChange,
    QueueChangeKind,
    QueueChangeState,
    Renewal,
    RunState,
    Start,
)
from billing.paying import cancellation, charging, credit
from billing.paying.attempts import NothingToPay, PageNotOpened
from billing.standing import telling
from billing.standing.rounds import next_method
from lib import clock
from lib.compiled import Compiled, Given
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole
from plans.calendar import days_from
from plans.models import Plan, PlanKind, PlanPeriod

#: A plan that ended longer ago is not renewed by itself: nobody would expect it any more.
LATEST = timedelta(days=3)
#: After the first decline it is tried again so often, a day apart.
RETRIES = 3
#: While another order of the line is on its way it is waited for, until so long before the end; then its owner is told.
WAITS_UNTIL = timedelta(hours=2)
LOOK_AGAIN = timedelta(minutes=15)
_ACTOR = "auto_renew"
_PAID = (OrderState.PAID, OrderState.APPLIED, OrderState.REVIEW)
_ENDED_ORDERS = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.CLOSED, OrderState.REVERSED)


@dataclass(frozen=True)
class Todo:
    """What a run needs done outside its transaction. `method_id` None: from credit. `is_over`: the order is not wanted any more."""

    order_id: UUID
    line_id: UUID
    method_id: UUID | None = None
    is_over: bool = False


def step(run_id: UUID, *, now: datetime) -> None:
    """Carry one run on as far as it goes now: decide under the line's lock, pay with no transaction open, note what came of it."""
    while todo := _decide(run_id, now=now):
        failpoint("renewal.decided")
        if todo.is_over:
            with suppress(orders.NotWaiting, PageNotOpened):
                cancellation.cancel(Order.objects.get(pk=todo.order_id), actor=_ACTOR, now=now)
            return
        if not _paid(todo, run_id, now=now):
            return


def _paid(todo: Todo, run_id: UUID, *, now: datetime) -> bool:
    """Take the money. Whether there is something to decide now."""
    if todo.method_id is None:
        try:
            credit.pay(todo.order_id, line_id=todo.line_id, actor=_ACTOR, now=now)
        except (NotEnoughCredit, credit.CannotBeApplied, orders.NotWaiting):
            orders.drop(Order.objects.get(pk=todo.order_id), now=now)
            Renewal.objects.filter(pk=run_id, order_id=todo.order_id).update(order=None)
        return True
    try:
        attempt = charging.charge(order_id=todo.order_id, line_id=todo.line_id, method_id=todo.method_id, now=now)
    except (NothingToPay, charging.PaidElsewhere):
        return True
    except charging.CannotBeCharged:
        return _follow(run_id, None, now=now)
    return _follow(run_id, attempt.pk, now=now)


@whole
def _decide(run_id: UUID, *, now: datetime) -> Todo | None:
    """What is to be done now; None when nothing is, or not yet."""
    run = _locked(run_id)
    if run.state not in OPEN_RUN_STATES:
        return None
    if _is_paid(run, now=now):
        return None
    if run.order and run.order.state in _ENDED_ORDERS:
        _end(run, RunState.STOPPED, reason=run.order.state, now=now)
        return None
    if not _is_wanted(run):
        return _stop(run, RunState.STOPPED, reason=run.auto_renew.off_reason or "owner_changed", now=now)
    if _is_followed(run):
        return _not_needed(run, now=now)
    return _again(run, run.order, now=now) if run.order else _first(run, now=now)


def _is_paid(run: Renewal, *, now: datetime) -> bool:
    """Whether the run is done; it is noted then."""
    if run.order is None or run.order.state not in _PAID:
        return False
    _end(run, RunState.DONE, reason="" if run.order.state == OrderState.APPLIED else "review", now=now)
    return True


def _again(run: Renewal, order: Order, *, now: datetime) -> Todo | None:
    """Another try for an order that waits."""
    if _is_being_paid(order):
        _look_again(run, now + LOOK_AGAIN)
    elif method := _next_method(run):
        return _go(run, Todo(order.pk, run.line_id, method.pk))
    else:
        _give_up(run, "method", now=now)
    return None


_RUN = Compiled(Renewal.objects.filter(pk=Given("id")))
_LOCKED_RUN = Compiled(
    Renewal.objects.select_for_update(no_key=True, of=("self",))
    .select_related("auto_renew__plan", "auto_renew__subscriber", "follows", "order")
    .filter(pk=Given("id"))
)


def _locked(run_id: UUID) -> Renewal:
    """The run, its line locked first (docs/locking.md)."""
    line = orders.lock_line(_RUN.one(id=run_id).line_id)
    run = _LOCKED_RUN.one(id=run_id)
    run.line = run.auto_renew.line = line
    return run


def _is_wanted(run: Renewal) -> bool:
    """Whether auto-renew is on, and still that of the line's owner."""
    owns = LineOwnership.objects.filter(line=run.line, subscriber=run.auto_renew.subscriber, until_at=None)
    return run.auto_renew.is_on and owns.exists()


def _not_needed(run: Renewal, *, now: datetime) -> Todo | None:
    """Unless what follows is about to be cancelled."""
    if _may_be_cancelled(run):
        _look_again(run, now + LOOK_AGAIN)
        return None
    return _stop(run, RunState.NOT_NEEDED, reason="", now=now)


def _may_be_cancelled(run: Renewal) -> bool:
    """Whether something paid behind the period will be cancelled in a few minutes, unless that is undone: until then nobody knows."""
    changes = QueueChange.objects.filter(line=run.line, kind=QueueChangeKind.CANCEL)
    return changes.filter(state=QueueChangeState.WAITING).exists()


def _is_followed(run: Renewal) -> bool:
    """Whether something is paid behind the period already, or it has been cut or moved."""
    if run.follows.cancelled_at is not None:
        return True
    periods = PlanPeriod.objects.standing().filter(line=run.line, kind=PlanKind.PLAN)
    return periods.filter(ends_at__gt=run.follows.ends_at).exists()


def _first(run: Renewal, *, now: datetime) -> Todo | None:
    """The run's order, unless something is in the way."""
    auto_renew, price = run.auto_renew, _price(run)
    if problem := _obstacle(run, price, now=now):
        _give_up(run, problem, now=now, price=price)
        return None
    if other := _other_order(run):
        _wait(run, other, price, now=now)
        return None
    paid, bonus = ledger.credit_of(run.line)
    has_credit = auto_renew.uses_credit and (paid + bonus).minor >= price.minor
    method = None if has_credit else _next_method(run)
    if method is None and not has_credit:
        _give_up(run, "method", now=now, price=price)
        return None
    run.order = _place(run, Method.CREDIT if method is None else Method(method.way), price, now=now)
    return _go(run, Todo(run.order.pk, run.line_id, method.pk if method else None))


def _price(run: Renewal) -> Money:
    plan = run.auto_renew.plan
    return Money(plan.price_minor, plan.currency)


def _obstacle(run: Renewal, price: Money, *, now: datetime) -> str:
    """Why nothing can be ordered, in the words of `telling.trouble`; empty when it can."""
    auto_renew = run.auto_renew
    if not Plan.objects.on_sale(now).filter(pk=auto_renew.plan_id).exists():
        return "plan_gone"
    if not run.line.is_payable:
        return "line"
    is_told = auto_renew.told_price_minor == price.minor and _has_come(auto_renew.told_good_from, now)
    return "price" if price.minor > auto_renew.price_minor and not is_told else ""


def _has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _other_order(run: Renewal) -> Order | None:
    """Another order of a plan that is on its way for the line: paid by now, or a transfer that is awaited."""
    plans = Order.objects.filter(line=run.line, plan__kind=PlanKind.PLAN)
    under_way = Q(state__in=(OrderState.PROCESSING, OrderState.PAID)) | Q(
        state=OrderState.PENDING, payments__way=PaymentWay.TRANSFER, payments__state__in=LIVE_PAYMENT_STATES
    )
    return plans.filter(under_way).order_by("-placed_at").first()


def _wait(run: Renewal, other: Order, price: Money, *, now: datetime) -> None:
    """For the other order; two hours before the end its owner hears that nothing is renewed, and afterwards it waits on."""
    last = run.follows.ends_at - WAITS_UNTIL
    if now < last:
        _look_again(run, min(now + LOOK_AGAIN, last))
        return
    if now >= run.follows.ends_at + LATEST:
        _end(run, RunState.GIVEN_UP, reason="waits", now=now)
        return
    if not run.told:
        run.told = 1
        run.save(update_fields=["told"])
        telling.trouble(run, "waits", price=price, other=other)
    _look_again(run, now + LOOK_AGAIN)


def _place(run: Renewal, method: Method, price: Money, *, now: datetime) -> Order:
    """The order of the run, everything frozen. It waits as long as it may be tried again."""
    auto_renew = run.auto_renew
    order = orders.draw_up(
        orders.Wish(
            line=run.line,
            buyer=auto_renew.subscriber,
            method=method,
            form_token=uuid4(),
            shown_price_minor=price.minor,
            plan=auto_renew.plan,
            start=Start.QUEUE,
            consents=auto_renew.consents,
        ),
        price,
        now=now,
    )
    order.came_by = CameBy.AUTO_RENEW
    order.expires_at = clock.real_now() + (RETRIES + 2) * timedelta(days=1)
    order.save(force_insert=True)
    orders.note(order, "placed", at=now, actor=_ACTOR)
    Renewal.objects.filter(pk=run.pk).update(order=order)
    return order


def _is_being_paid(order: Order) -> bool:
    """Whether its owner is paying on a page of the gateway at this moment."""
    return order.payments.filter(state__in=LIVE_PAYMENT_STATES).exclude(way=PaymentWay.SAVED).exists()


def _next_method(run: Renewal) -> PaymentMethod | None:
    return next_method(run.order_id, run.auto_renew, rounds=run.tries)


def _go(run: Renewal, todo: Todo) -> Todo:
    if run.state != RunState.CHARGING:
        run.move_to(RunState.CHARGING)
    return todo


@whole
def _follow(run_id: UUID, attempt_id: UUID | None, *, now: datetime) -> bool:
    """Note what came of a try. Whether there is something to decide now: it is paid, or the other way to pay is left."""
    run = _locked(run_id)
    attempt = PaymentAttempt.objects.select_related("method").get(pk=attempt_id) if attempt_id else None
    if run.state in OPEN_RUN_STATES and _is_paid(run, now=now):
        return False
    if run.state != RunState.CHARGING or (attempt and attempt.state == AttemptState.SUCCEEDED):
        return run.state in OPEN_RUN_STATES
    if attempt and attempt.answered_at is None:
        _look_again(run, now + (LOOK_AGAIN if attempt.state == AttemptState.PROCESSING else charging.SILENT))
        return False
    if _next_method(run):
        return True
    _round_over(run, attempt, now=now)
    return False


def _round_over(run: Renewal, attempt: PaymentAttempt | None, *, now: datetime) -> None:
    """Nothing more can be tried today: told, and tried again at the same time tomorrow, or given up."""
    run.tries += 1
    run.save(update_fields=["tries"])
    if run.tries > RETRIES or _next_method(run) is None:
        _give_up(run, "given_up", now=now)
        return
    wants_bank = attempt is not None and attempt.state == AttemptState.WANTS_BANK
    again_at = days_from(now, 1, ZoneInfo(run.line.time_zone))
    run.move_to(RunState.WANTS_BANK if wants_bank else RunState.RETRYING, next_at=again_at)
    price = run.order.price if run.order else Money(run.auto_renew.price_minor, run.auto_renew.currency)
    why = "confirm" if wants_bank else "declined"
    telling.trouble(run, why, price=price, method=attempt.method if attempt else None, again_at=again_at)


def _give_up(run: Renewal, why: str, *, now: datetime, price: Money | None = None) -> None:
    """It is told, and auto-renew is off: nothing is tried behind anybody's back later. The order can still be paid by hand."""
    agreed = Money(run.auto_renew.price_minor, run.auto_renew.currency)
    telling.trouble(run, why, price=price or (run.order.price if run.order else agreed))
    _end(run, RunState.GIVEN_UP, reason=why, now=now)
    AutoRenew.objects.filter(pk=run.auto_renew_id, off_at=None).update(off_at=now, off_reason=why, off_by="system")


def _stop(run: Renewal, state: RunState, *, reason: str, now: datetime) -> Todo | None:
    """It is not wanted any more; an order that waits is cancelled, at the gateway first."""
    _end(run, state, reason=reason, now=now)
    is_waiting = run.order is not None and run.order.state == OrderState.PENDING
    return Todo(run.order.pk, run.line_id, is_over=True) if run.order and is_waiting else None


def _end(run: Renewal, state: RunState, *, reason: str, now: datetime) -> None:
    run.move_to(state, reason=reason[:60], next_at=None, ended_at=now)


def _look_again(run: Renewal, at: datetime) -> None:
    run.next_at = at
    run.save(update_fields=["next_at"])
