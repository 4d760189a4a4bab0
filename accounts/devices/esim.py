"""An eSIM from the wish to the device: the row first, then the core is asked for a profile with nothing open, then what it said is written
down. Its code is kept sealed and forgotten once it is installed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.devices import changing
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import (
    DeviceKind,
    EsimOrder,
    EsimOrderState,
    Line,
    Sim,
    SimDeed,
    SimKind,
    SimState,
    Subscriber,
)
from accounts.models.line import ENDED_STATES
from lib import clock, queue
from lib.alarm import alarm, holding_up_nobody
from lib.failpoints import failpoint
from lib.http import refuse_inside_transaction
from lib.sealing import seal, unseal
from lib.transactions import whole
from provisioning.core import cards
from provisioning.core.cards import Profile
from provisioning.core.protocol import CoreProblem, Refused

BATCH = 50
CODES, PROFILE = "sim-codes", "esim-profile"
#: Longer than the time-outs of a call: whoever died leaves it to the next sweep.
LEASE = timedelta(seconds=28)
#: How often a profile that is ready is asked for whether it is installed, and for how long.
LOOK_EVERY, LOOK_FOR = timedelta(minutes=2), timedelta(days=30)
PATIENCE = timedelta(minutes=15)
_LONGEST_WAIT = 60

log = structlog.get_logger(__name__)


class TooMany(CannotBeChanged):
    """As many SIMs as a line may have are in it or on their way."""


class TooOften(CannotBeChanged):
    """So many eSIMs were ordered for the line lately."""


class NoCardKnown(CannotBeChanged):
    """Our books know no card of the line: telling the core of one would throw out the one it has."""


@dataclass(frozen=True, kw_only=True)
class EsimWish:
    """What was confirmed. The same `form_token` is the same wish."""

    line_id: UUID
    subscriber: Subscriber
    form_token: UUID
    device: DeviceKind
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class ActivationCode:
    """What a device asks for (GSMA SGP.22, 4.1). `text` is what stands in the QR."""

    address: str
    matching_id: str = field(repr=False)
    confirmation_code: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """The flag at the end says that a confirmation code will be asked for; between the two `$` an object id could stand."""
        plain = f"LPA:1${self.address}${self.matching_id}"
        return f"{plain}$$1" if self.confirmation_code else plain


def in_use_or_coming(line: Line) -> int:
    """SIMs in the line, and eSIMs that will be beside them."""
    coming = line.esim_orders.filter(state=EsimOrderState.ASKED, in_place_of=None)
    return line.sims.in_use().count() + coming.count()


def check(line: Line, *, now: datetime) -> None:
    """Whether one more may be ordered. Raises NoCardKnown, TooMany, TooOften."""
    if not line.sims.in_use().exists():
        raise NoCardKnown
    if in_use_or_coming(line) >= settings.SIMS_PER_LINE:
        raise TooMany
    lately = line.esim_orders.filter(asked_at__gt=now - timedelta(days=30), in_place_of=None)
    if lately.count() >= settings.ESIMS_PER_MONTH:
        raise TooOften


@whole
def order(wish: EsimWish, *, now: datetime) -> EsimOrder:
    """Ask for one more eSIM in the line; a second click finds the first. It gets no texts: only a swap moves those.

    Raises NotYours, LineEnded, NoCardKnown, TooMany, TooOften.
    """
    line = changing.lock_line(wish.line_id, By.owner(wish.subscriber))
    if known := EsimOrder.objects.filter(form_token=wish.form_token, line=line).first():
        return known
    check(line, now=now)
    made = EsimOrder.objects.create(
        line=line,
        subscriber=wish.subscriber,
        form_token=wish.form_token,
        label=wish.label,
        device=wish.device,
        asked_at=now,
    )
    queue.after_commit("accounts.prepare_esim", order_id=str(made.pk))
    return made


def due(*, now: datetime) -> "QuerySet[EsimOrder]":
    """Orders about which the core is to be asked; `now` is real."""
    waits = Q(state=EsimOrderState.ASKED) | Q(state=EsimOrderState.READY, ready_at__gt=now - LOOK_FOR)
    return EsimOrder.objects.filter(waits, next_try_at__lte=now)


def sweep() -> int:
    """Ask about everything that is due. One that breaks holds up no other. Returns how many."""
    ids = list(due(now=clock.real_now()).order_by("next_try_at").values_list("pk", flat=True)[:BATCH])
    for order_id in ids:
        with holding_up_nobody("esim.broken", subject=f"esim_order:{order_id}"):
            prepare(order_id)
    waiting = EsimOrder.objects.filter(state=EsimOrderState.ASKED, asked_at__lte=clock.real_now() - PATIENCE)
    if oldest := waiting.order_by("asked_at").first():
        detail = f"since {oldest.asked_at:%Y-%m-%d %H:%M} UTC: {oldest.error_code or 'not tried'}"
        alarm("esim.behind", subject="cards", detail=detail, once=True)
    return len(ids)


def prepare(order_id: UUID) -> None:
    """Ask for the profile of one order and write down how it stands. May run any number of times, anywhere."""
    refuse_inside_transaction()
    found = _claim(order_id)
    if found is None:
        return
    try:
        profile = cards().reserve(found.pk, msisdn=found.line.msisdn)
    except CoreProblem as problem:
        _failed(found, problem)
        return
    failpoint("esim.reserved")
    _record(found.pk, profile, line_id=found.line_id, now=clock.now())


@whole
def _claim(order_id: UUID) -> EsimOrder | None:
    """Ours for as long as a call may take."""
    real = clock.real_now()
    locked = due(now=real).select_for_update(no_key=True, skip_locked=True, of=("self",))
    found = locked.filter(pk=order_id).select_related("line").first()
    if found:
        found.next_try_at, found.tries = real + LEASE, min(found.tries + 1, 1000)
        found.save(update_fields=["next_try_at", "tries"])
    return found


def _failed(order: EsimOrder, problem: CoreProblem) -> None:
    log.warning("esim.again", order_id=str(order.pk), reason=problem.code, tries=order.tries)
    if isinstance(problem, Refused) and problem.permanent and order.state == EsimOrderState.ASKED:
        _refused(order.pk, problem.code, line_id=order.line_id)
        return
    wait = timedelta(seconds=min(5 * 2 ** min(order.tries, 6), _LONGEST_WAIT))
    EsimOrder.objects.filter(pk=order.pk).update(next_try_at=clock.real_now() + wait, error_code=problem.code)


@whole
def _refused(order_id: UUID, code: str, *, line_id: UUID) -> None:
    """Nothing has changed in the line; whoever waits is told on the page, our people by an alarm."""
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    order = EsimOrder.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id, line=line)
    if order.state == EsimOrderState.ASKED:
        order.error_code = code
        order.move_to(EsimOrderState.FAILED)
        order.save(update_fields=["state", "error_code", "ended_at", "code_sealed"])
        alarm("esim.refused", subject=f"esim_order:{order.pk}", detail=code)


@whole
def _record(order_id: UUID, profile: Profile, *, line_id: UUID, now: datetime) -> None:
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    order = EsimOrder.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id, line=line)
    order.line = line
    if order.state == EsimOrderState.ASKED and (line.state in ENDED_STATES or _too_late(order)):
        order.move_to(EsimOrderState.FAILED)
    elif order.state == EsimOrderState.ASKED:
        _ready(order, profile, now=now)
    elif order.state == EsimOrderState.READY and profile.is_installed:
        order.move_to(EsimOrderState.INSTALLED)
    order.next_try_at, order.error_code = clock.real_now() + LOOK_EVERY, ""
    order.save()


def _too_late(order: EsimOrder) -> bool:
    """The SIM that it was to replace was swapped for another meanwhile."""
    return order.in_place_of is not None and order.in_place_of.until_at is not None


def _ready(order: EsimOrder, profile: Profile, *, now: datetime) -> None:
    """The profile is in the line: beside what is there, or in place of a SIM that leaves."""
    by = By(actor=f"subscriber:{order.subscriber_id}")
    code = {
        "address": profile.address,
        "matching_id": profile.matching_id,
        "confirmation_code": profile.confirmation_code,
    }
    order.sim = put_in(order.line, by, new=_sim_of(order, profile), in_place_of=order.in_place_of, now=now)
    order.move_to(EsimOrderState.READY)
    order.ready_at, order.code_sealed = clock.real_now(), seal(code, purpose=PROFILE)
    said = {"sim": order.label or f"···{profile.iccid[-4:]}", "url": changing.page_url("esim", order.pk)}
    changing.tell_owner(order.line, "esim_ready", said, key=str(order.pk), channels=("sms", "email"))


def _sim_of(order: EsimOrder, profile: Profile) -> Sim:
    return Sim(
        line=order.line,
        iccid=profile.iccid,
        kind=SimKind.ESIM,
        label=order.label,
        device=order.device,
        codes_sealed=sealed_codes(profile.puk),
    )


def put_in(line: Line, by: By, *, new: Sim, in_place_of: Sim | None, now: datetime) -> Sim:
    """`new` is in the line from now on; the SIM it replaces is out, and its texts go to the new one. Joins the caller's transaction, which
    holds the line's lock.
    """
    new.gets_texts, new.from_at, new.state_since = False, now, now
    if in_place_of:
        old = Sim.objects.select_for_update(no_key=True, of=("self",)).get(pk=in_place_of.pk)
        new.gets_texts = old.gets_texts
        if old.state != SimState.ENDED:
            old.move_to(SimState.ENDED)
            changing.note(old, SimDeed.REMOVED, by, now=now, reason="swapped")
        forget_code(old)
    new.save(force_insert=True)
    changing.tell_core(line, changing.note(new, SimDeed.ADDED, by, now=now))
    return new


def sealed_codes(puk: str) -> bytes | None:
    return seal({"puk": puk}, purpose=CODES) if puk else None


def code_of(order: EsimOrder) -> ActivationCode | None:
    """What is installed with, as long as it is not; None else. Raises cryptography.fernet.InvalidToken when its key is gone."""
    return ActivationCode(**unseal(order.code_sealed, purpose=PROFILE)) if order.code_sealed else None


def forget_code(sim: Sim) -> None:
    """It is out of its line: with its code nobody gets in any more. Joins the caller's transaction, which holds the line's lock."""
    give_up(EsimOrder.objects.filter(sim=sim, state=EsimOrderState.READY))


def give_up(orders: "QuerySet[EsimOrder]") -> None:
    """Open orders that come to nothing, and their codes. Joins the caller's transaction, which holds the line's lock."""
    for order in orders.select_for_update(no_key=True, of=("self",)):
        order.move_to(EsimOrderState.FAILED)
        order.save(update_fields=["state", "code_sealed", "ended_at"])


def note_shown(order: EsimOrder, by: By, *, now: datetime) -> None:
    """Somebody looks at the code."""
    if order.sim:
        changing.note(order.sim, SimDeed.CODE_SHOWN, by, now=now)


@whole
def installed(order_id: UUID, *, line_id: UUID) -> None:
    """Its owner says that it is on the device: the code is shown no more. A second click changes nothing."""
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    order = EsimOrder.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id, line=line)
    if order.state == EsimOrderState.READY:
        order.move_to(EsimOrderState.INSTALLED)
        order.save(update_fields=["state", "ended_at", "code_sealed"])
