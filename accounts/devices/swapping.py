"""A line's texts move to another SIM, a day after somebody has asked for it: until then the old SIM and the mailbox may each say no, once.

A line whose SIM is reported lost does not ask that SIM. docs/devices.md says why it takes a day in every case.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from accounts import sessions
from accounts.devices import blocking, changing, ending, esim, porting
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import (
    DeviceKind,
    EsimOrder,
    Line,
    Sim,
    SimKind,
    SimSwap,
    Subscriber,
    SwapProof,
    SwapState,
)
from accounts.models.swap import SWAP_HOLD
from lib import clock, queue
from lib.alarm import holding_up_nobody
from lib.transactions import whole
from provisioning.core.cards import Card

BATCH = 100
#: 76 bits in thirteen letters and digits that nobody confuses, short enough for one SMS; the mail's has 192 bits.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_SMS_LETTERS, _MAIL_BYTES = 13, 24
LONGEST_TOKEN = 64
#: Somebody changes their mind a few times.
A_DAY = 5


class SwapWaiting(CannotBeChanged):
    """One is on its way already."""


class CardTaken(CannotBeChanged):
    """The new card is in a line."""


class NotTheOneWithTexts(CannotBeChanged):
    """Only the SIM that gets texts is swapped; any other is taken out, and a new one ordered."""


class AskedTooOften(CannotBeChanged):
    """So many swaps were asked for within a day; each costs an SMS."""


class ProofMissing(CannotBeChanged):
    """The SIM was reported lost meanwhile: an SMS to it asks nobody."""


@dataclass(frozen=True, kw_only=True)
class SwapWish:
    """What was confirmed: to a `card`, or to an eSIM where there is none. `proof`: how they have shown who they are."""

    sim: Sim
    subscriber: Subscriber
    proof: SwapProof
    session: str = ""
    card: Card | None = None


@dataclass(frozen=True)
class _Links:
    sms: str = field(repr=False)
    mail: str = field(repr=False)

    @classmethod
    def new(cls) -> "_Links":
        short = "".join(secrets.choice(_LETTERS) for _place in range(_SMS_LETTERS))
        return cls(short, secrets.token_urlsafe(_MAIL_BYTES))


def ask(wish: SwapWish) -> SimSwap:
    """Wait for a day, and tell the old SIM and the mailbox how to say no. A second click finds the first.

    Raises NotYours, TakenOut, LineEnded, NotTheOneWithTexts, SwapWaiting, CardTaken, ProofMissing, AskedTooOften.
    """
    return _ask(wish, _Links.new())


@whole
def _ask(wish: SwapWish, links: _Links) -> SimSwap:
    line = changing.lock_line(wish.sim.line_id, By.owner(wish.subscriber))
    sim = changing.lock_sim(wish.sim.pk, line=line)
    is_lost = blocking.is_reported_lost(sim)
    to_iccid = wish.card.iccid if wish.card else ""
    if waiting := line.sim_swaps.filter(state=SwapState.WAITING).first():
        if (waiting.subscriber_id, waiting.from_sim_id, waiting.to_iccid) == (wish.subscriber.pk, sim.pk, to_iccid):
            return waiting
        raise SwapWaiting
    if not sim.gets_texts:
        raise NotTheOneWithTexts
    if is_lost and wish.proof == SwapProof.OLD_SIM:
        raise ProofMissing
    if to_iccid and _is_taken(to_iccid):
        raise CardTaken
    real = clock.real_now()
    if line.sim_swaps.filter(asked_at__gt=real - SWAP_HOLD).count() >= A_DAY:
        raise AskedTooOften
    swap = SimSwap.objects.create(
        line=line,
        subscriber=wish.subscriber,
        from_sim=sim,
        to_kind=SimKind.SIM if wish.card else SimKind.ESIM,
        to_iccid=to_iccid,
        codes_sealed=esim.sealed_codes(wish.card.puk) if wish.card else None,
        proof=wish.proof,
        session=wish.session[:60],
        sms_token_hash=None if is_lost else _hash(links.sms),
        mail_token_hash=_hash(links.mail),
        asked_at=real,
        decides_at=real + SWAP_HOLD,
    )
    porting.revoke_all(line, now=real)
    _tell_asked(swap, links, is_lost=is_lost)
    return swap


def _is_taken(iccid: str) -> bool:
    waiting = Q(to_iccid=iccid, state=SwapState.WAITING)
    return Sim.objects.filter(iccid=iccid).exists() or SimSwap.objects.filter(waiting).exists()


def _tell_asked(swap: SimSwap, links: _Links, *, is_lost: bool) -> None:
    tokens = {"email": links.mail} if is_lost else {"sms": links.sms, "email": links.mail}
    for channel, token in tokens.items():
        said = {
            "sim": changing.named(swap.from_sim),
            "decides_at": swap.decides_at.isoformat(),
            "device": swap.session,
            "url": changing.page_url("swap_veto", token),
        }
        changing.tell_owner(swap.line, "swap_asked", said, key=str(swap.pk), channels=[channel])


def waiting_of(line: Line) -> SimSwap | None:
    """The swap that waits for its day."""
    return line.sim_swaps.filter(state=SwapState.WAITING).select_related("from_sim").first()


def cancel(swap: SimSwap, subscriber: Subscriber) -> bool:
    """Whoever owns the line takes it back. False when the new SIM has taken over. Raises NotYours, LineEnded."""
    is_stopped = _end(swap.pk, line_id=swap.line_id, state=SwapState.CANCELLED, by=By.owner(subscriber))
    return is_stopped or not SimSwap.objects.filter(pk=swap.pk, state=SwapState.DONE).exists()


class NoSuchSwap(LookupError):
    """No link of ours."""


@dataclass(frozen=True)
class Link:
    """A swap with the way its link came by: `sms` or `email`."""

    swap: SimSwap
    came_by: str


def swap_of(token: str) -> Link:
    """What a veto link names, whether it waits or has ended. Raises NoSuchSwap."""
    digest = _hash(token[:LONGEST_TOKEN])
    found = SimSwap.objects.filter(Q(sms_token_hash=digest) | Q(mail_token_hash=digest))
    swap = found.select_related("line", "from_sim", "subscriber").first()
    if swap is None:
        raise NoSuchSwap
    return Link(swap, "email" if bytes(swap.mail_token_hash) == digest else "sms")


def veto(link: Link) -> bool:
    """Say no: nothing is swapped, the number is locked, its code good no more, whoever is signed in as the one who asked is signed out, and
    the owner is told. False when the swap had ended before.
    """
    return _end(link.swap.pk, line_id=link.swap.line_id, state=SwapState.VETOED, vetoed_by=link.came_by)


def stop(swap: SimSwap, *, by: By) -> bool:
    """Staff say no for a caller. False when it had ended before."""
    return _end(swap.pk, line_id=swap.line_id, state=SwapState.VETOED, vetoed_by="staff", by=by)


@whole
def _end(swap_id: UUID, *, line_id: UUID, state: SwapState, vetoed_by: str = "", by: By | None = None) -> bool:
    if by:
        line = changing.lock_line(line_id, by)
    else:  # a link is good whatever became of the line
        line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    swap = _locked(swap_id, line)
    if swap.state != SwapState.WAITING:
        return False
    swap.move_to(state, vetoed_by=vetoed_by)
    if state == SwapState.VETOED:
        ending.call_off(line)
        asker = swap.subscriber
        transaction.on_commit(lambda: sessions.end_all(asker), robust=True)
        said = {"sim": changing.named(swap.from_sim), "url": changing.page_url("account_reset_password")}
        changing.tell_owner(line, "swap_vetoed", said, key=str(swap.pk), channels=_open_channels(swap.from_sim))
    return True


def _locked(swap_id: UUID, line: Line) -> SimSwap:
    swap = SimSwap.objects.select_for_update(no_key=True, of=("self",)).get(pk=swap_id, line=line)
    swap.line = line
    return swap


def _open_channels(sim: Sim) -> tuple[str, ...]:
    """An SMS to a lost SIM tells whoever found it."""
    return ("email",) if sim.is_blocked else ("sms", "email")


def sweep() -> int:
    """Carry out what has waited for its day. One that breaks holds up no other. Returns how many were looked at."""
    due = SimSwap.objects.filter(state=SwapState.WAITING, decides_at__lte=clock.real_now())
    found = list(due.order_by("decides_at").values_list("pk", "line_id")[:BATCH])
    for swap_id, line_id in found:
        with holding_up_nobody("swap.broken", subject=f"swap:{swap_id}"):
            complete(swap_id, line_id=line_id, now=clock.now())
    return len(found)


@whole
def complete(swap_id: UUID, *, line_id: UUID, now: datetime) -> SwapState:
    """The day is over and nobody has said no. May run any number of times, anywhere. Returns how it stands. Where the old SIM was to say no
    and was blocked meanwhile, nobody could: it is called off.
    """
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    swap = _locked(swap_id, line)
    if swap.state != SwapState.WAITING or swap.decides_at > clock.real_now():
        return SwapState(swap.state)
    if _in_the_way(swap):
        swap.move_to(SwapState.CANCELLED)
    elif swap.from_sim.is_blocked and swap.proof == SwapProof.OLD_SIM:
        swap.move_to(SwapState.CANCELLED)
        said = {"sim": changing.named(swap.from_sim), "is_lost": True, "url": changing.page_url()}
        changing.tell_owner(line, "swap_vetoed", said, key=str(swap.pk))
    elif swap.to_kind == SimKind.ESIM:
        swap.esim_order = _order_esim(swap, now=now)
        swap.move_to(SwapState.DONE)
    else:
        _put_card_in(swap, now=now)
        swap.move_to(SwapState.DONE)
    if swap.state == SwapState.DONE:
        said = {"new": f"···{swap.to_ending}" if swap.to_iccid else "", "happened_at": now.isoformat()}
        changing.tell_owner(line, "swap_done", said, key=str(swap.pk))
    return SwapState(swap.state)


def _in_the_way(swap: SimSwap) -> bool:
    """The line has ended or changed hands, the old SIM is out, or the new one got into a line meanwhile."""
    owner = changing.owner_of(swap.line)
    is_over = owner is None or owner.pk != swap.subscriber_id or swap.from_sim.until_at is not None
    return is_over or bool(swap.to_iccid and Sim.objects.filter(iccid=swap.to_iccid).exists())


def _order_esim(swap: SimSwap, *, now: datetime) -> EsimOrder:
    made = EsimOrder.objects.create(
        line=swap.line,
        subscriber=swap.subscriber,
        form_token=uuid4(),
        label=swap.from_sim.label,
        device=swap.from_sim.device,
        in_place_of=swap.from_sim,
        asked_at=now,
    )
    queue.after_commit("accounts.prepare_esim", order_id=str(made.pk))
    return made


def _put_card_in(swap: SimSwap, *, now: datetime) -> None:
    new = Sim(
        line=swap.line,
        iccid=swap.to_iccid,
        kind=SimKind.SIM,
        label=swap.from_sim.label,
        device=DeviceKind(swap.from_sim.device),
        codes_sealed=swap.codes_sealed,
    )
    by = By(actor=f"subscriber:{swap.subscriber_id}", session=swap.session)
    esim.put_in(swap.line, by, new=new, in_place_of=swap.from_sim, now=now)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
