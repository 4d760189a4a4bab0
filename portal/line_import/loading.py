"""Rows into the database, a chunk a transaction: lines, SIMs, opening credit and the running plan; never the same twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import IdentityCheck, Line, LineState, Sim
from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, LedgerAccount, LedgerEntry
from lib.brand import brand
from lib.uuid7 import fresh
from plans import periods
from plans.models import Plan, PlanKind
from portal.line_import.parsing import AMOUNTS, RowRefused, StockRow

CHUNK = 500
_CREDITS = ((AccountKind.CREDIT_PAID, ""), (AccountKind.CREDIT_BONUS, ":bonus"))


@dataclass
class Outcome:
    """What became of the rows that were read."""

    loaded: list[StockRow] = field(default_factory=list)
    identified: list[StockRow] = field(default_factory=list)
    unchanged: list[StockRow] = field(default_factory=list)
    refused: list[RowRefused] = field(default_factory=list)


def load(rows: Iterable[StockRow | RowRefused], *, now: datetime, is_trial: bool = False) -> Iterator[Outcome]:
    """Load the rows chunk by chunk and tell each chunk's outcome. A trial checks everything and keeps nothing."""
    plans = {plan.code: plan for plan in Plan.objects.select_related("zone").prefetch_related("allowances")}
    stream = iter(rows)
    while chunk := list(islice(stream, CHUNK)):
        outcome = Outcome(refused=[row for row in chunk if isinstance(row, RowRefused)])
        wanted = []
        for row in chunk:
            if isinstance(row, StockRow):
                try:
                    wanted.append(_fitting(row, plans, now=now))
                except RowRefused as refusal:
                    outcome.refused.append(refusal)
        _keep(wanted, plans, outcome, now=now, is_trial=is_trial)
        yield outcome


def _fitting(row: StockRow, plans: dict[str, Plan], *, now: datetime) -> StockRow:
    """The row, if its plan is one of ours, runs now and has no more left than it grants. Raises RowRefused."""
    if not row.plan:
        filled = [*(name for name in ("starts_at", "ends_at") if getattr(row, name))]
        filled += [column for unit, column in AMOUNTS.items() if row.left[unit] is not None]
        if filled:
            raise RowRefused(row.at, filled[0], "is given, but no plan is named")
        return row
    plan = plans.get(row.plan)
    if plan is None or plan.kind != PlanKind.PLAN:
        raise RowRefused(row.at, "plan", f"{row.plan[:40]} is no plan of the catalogue")
    if plan.currency != row.currency:
        raise RowRefused(row.at, "plan", f"{row.plan} is sold in {plan.currency}, not in {row.currency}")
    _check_time(row, now=now)
    for amount in plan.allowances.all():
        left = row.left[amount.unit]
        if left is not None and (amount.amount is None or left > amount.amount):
            raise RowRefused(row.at, AMOUNTS[amount.unit], f"more than {row.plan} grants; leave it empty for all of it")
    return row


def _check_time(row: StockRow, *, now: datetime) -> None:
    if row.starts_at is None or row.ends_at is None:
        raise RowRefused(row.at, "starts_at" if row.starts_at is None else "ends_at", "is missing for the plan")
    if row.ends_at <= row.starts_at:
        raise RowRefused(row.at, "ends_at", "is not after the start")
    if row.ends_at <= now:
        raise RowRefused(row.at, "ends_at", "is in the past; leave the plan out")
    if row.starts_at > now:
        raise RowRefused(row.at, "starts_at", "is in the future; only running plans are imported")


def _keep(rows: list[StockRow], plans: dict[str, Plan], outcome: Outcome, *, now: datetime, is_trial: bool) -> None:
    new = _not_there_yet(rows, outcome, now=now)
    try:
        with transaction.atomic():
            _insert(new, plans, now=now)
            _identify(outcome.identified)
            transaction.set_rollback(is_trial)
    except IntegrityError as error:
        if len(new) == 1:
            reason = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "the database"
            outcome.refused.append(RowRefused(new[0].at, "row", f"refused by {reason}"))
            return
        for row in new:  # somebody else wrote meanwhile: find the row that clashes
            _keep([row], plans, outcome, now=now, is_trial=is_trial)
        return
    outcome.loaded += new


def _not_there_yet(rows: list[StockRow], outcome: Outcome, *, now: datetime) -> list[StockRow]:
    """Rows whose number is new. One that is there already must be the same, or it is refused: nothing is overwritten but the state of
    its owner's identity check, which is what such a file may tell later.
    """
    resting = _resting(rows, now=now)
    lines = {line.msisdn: line for line in Line.objects.live().filter(msisdn__in=[row.msisdn for row in rows])}
    sims = dict(Sim.objects.filter(iccid__in=[row.iccid for row in rows]).values_list("iccid", "line_id"))
    opened = _opened([line.pk for line in lines.values()])
    new = []
    for row in rows:
        line = lines.get(row.msisdn)
        if until := resting.get(row.msisdn) if line is None else None:
            outcome.refused.append(RowRefused(row.at, "number", f"was given up and rests until {until:%Y-%m-%d}"))
        elif line is None and row.iccid in sims:
            outcome.refused.append(RowRefused(row.at, "iccid", "belongs to another line"))
        elif line is None:
            new.append(row)
        elif differing := _differing(row, line, sims, opened):
            outcome.refused.append(
                RowRefused(row.at, "number", f"is there already, with another {', '.join(differing)}")
            )
        elif row.identity and row.identity != line.identity:
            outcome.identified.append(row)
        else:
            outcome.unchanged.append(row)
    return new


def _resting(rows: list[StockRow], *, now: datetime) -> dict[str, datetime]:
    """Numbers that were given up not long ago, and until when nobody else gets them."""
    rest = brand().life.quarantine
    ended = Line.objects.filter(
        state=LineState.RELEASED, state_since__gt=now - rest, msisdn__in=[row.msisdn for row in rows]
    )
    return {line.msisdn: line.state_since + rest for line in ended}


def _identify(rows: list[StockRow]) -> None:
    for state in {row.identity for row in rows if row.identity}:
        numbers = [row.msisdn for row in rows if row.identity == state]
        Line.objects.live().filter(msisdn__in=numbers).update(identity=state)


def _opened(line_ids: list[Any]) -> dict[str, int]:
    keys = [f"opening:{line_id}{ending}" for line_id in line_ids for _kind, ending in _CREDITS]
    return dict(LedgerEntry.objects.filter(key__in=keys).values_list("key", "amount_minor"))


def _differing(row: StockRow, line: Line, sims: dict[str, Any], opened: dict[str, int]) -> list[str]:
    same = {
        "iccid": not row.iccid or sims.get(row.iccid) == line.pk,
        "country": row.country == line.country,
        "time zone": row.time_zone == line.time_zone,
        "currency": row.currency == line.currency,
        "opening credit": row.paid_minor == opened.get(f"opening:{line.pk}", 0)
        and row.bonus_minor == opened.get(f"opening:{line.pk}:bonus", 0),
    }
    return [name for name, is_same in same.items() if not is_same]


def _insert(rows: Sequence[StockRow], plans: dict[str, Plan], *, now: datetime) -> None:
    lines = Line.objects.bulk_create(
        Line(
            id=line_id,
            msisdn=row.msisdn,
            country=row.country,
            currency=row.currency,
            time_zone=row.time_zone,
            language=row.language,
            identity=row.identity or IdentityCheck.NOT_NEEDED,
        )
        for row, line_id in zip(rows, fresh(len(rows)), strict=True)
    )
    pairs = list(zip(rows, lines, strict=True))
    Sim.objects.bulk_create(Sim(line=line, iccid=row.iccid) for row, line in pairs if row.iccid)
    _open_credit(pairs, now=now)
    for row, line in pairs:
        if row.plan and row.starts_at and row.ends_at:
            _bring_in(row, line, plans[row.plan], starts_at=row.starts_at, ends_at=row.ends_at)
    for state in {row.state for row in rows} - {LineState.STOCK}:
        ids = [line.pk for row, line in pairs if row.state == state]
        Line.objects.filter(pk__in=ids, state=LineState.STOCK).update(
            state=state, state_reason="import", state_since=now, last_top_up_at=now
        )


def _open_credit(pairs: Sequence[tuple[StockRow, Line]], *, now: datetime) -> None:
    """Opening credit under a key of the line, so that there is no opening twice."""
    wanted = [
        (line, kind, ending, minor)
        for row, line in pairs
        for (kind, ending), minor in zip(_CREDITS, (row.paid_minor, row.bonus_minor), strict=True)
        if minor
    ]
    accounts = LedgerAccount.objects.bulk_create(
        LedgerAccount(kind=kind, line=line, currency=line.currency, balance_minor=0)
        for line, kind, _ending, _minor in wanted
    )
    sources = {
        currency: ledger.account(AccountKind.OPENING, currency=currency)
        for currency in {line.currency for line, *_ in wanted}
    }
    ledger.post_all(
        [
            Posting(
                kind=EntryKind.OPENING,
                source=sources[line.currency],
                target=account,
                amount_minor=minor,
                key=f"opening:{line.pk}{ending}",
                event_at=now,
                actor="import",
            )
            for account, (line, _kind, ending, minor) in zip(accounts, wanted, strict=True)
        ]
    )


def _bring_in(row: StockRow, line: Line, plan: Plan, *, starts_at: datetime, ends_at: datetime) -> None:
    used = {
        amount.unit: amount.amount - left
        for amount in plan.allowances.all()
        if amount.amount is not None and (left := row.left[amount.unit]) is not None
    }
    slot = periods.imported_slot(line, plan, starts_at=starts_at, ends_at=ends_at)
    periods.bring_in(line=line, plan=plan, slot=slot, origin=f"import:{line.pk}", used=used)
