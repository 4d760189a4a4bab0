"""The ground of every change of a line's SIMs: locked, written down, told to the core and to the owner, in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.devices import commands
from accounts.models import Line, LineOwnership, Sim, SimDeed, SimEvent, SimState, Subscriber
from accounts.models.line import ENDED_STATES
from notifications import outbox
from notifications.outbox import Outgoing, Recipient
from provisioning.outbox import tell_many


class CannotBeChanged(Exception):
    """Base of what is in the way of a change of SIMs."""


class NotYours(CannotBeChanged):
    """Only who owns the line now changes its SIMs."""


class TakenOut(CannotBeChanged):
    """The SIM is out of the line already."""


class LineEnded(CannotBeChanged):
    """The number is not ours any more."""


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it: `actor` as in `SimEvent`; `session` is the browser in words; a `subscriber` must own the line."""

    actor: str
    session: str = ""
    subscriber: Subscriber | None = None

    @classmethod
    def owner(cls, subscriber: Subscriber, session: str = "") -> "By":
        return cls(actor=f"subscriber:{subscriber.pk}", session=session[:60], subscriber=subscriber)


def lock_line(line_id: UUID, by: By | None = None) -> Line:
    """The line with its row lock, for whoever may change its SIMs. Raises NotYours, LineEnded."""
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    if by and by.subscriber and not _owns(by.subscriber, line):
        raise NotYours
    if line.state in ENDED_STATES:
        raise LineEnded
    return line


def lock_sim(sim_id: UUID, *, line: Line) -> Sim:
    """A SIM that is in the line. Raises TakenOut. The caller holds the line's lock."""
    sim = Sim.objects.select_for_update(no_key=True, of=("self",)).get(pk=sim_id, line=line)
    if sim.state == SimState.ENDED:
        raise TakenOut
    sim.line = line
    return sim


def _owns(subscriber: Subscriber, line: Line) -> bool:
    return LineOwnership.objects.filter(line=line, subscriber=subscriber, until_at=None).exists()


def note(sim: Sim, deed: SimDeed, by: By, *, now: datetime, reason: str = "") -> SimEvent:
    """Written down for its owner and for staff."""
    return SimEvent.objects.create(
        sim=sim, deed=deed, actor=by.actor, session=by.session[:60], reason=reason[:200], at=now
    )


def tell_core(line: Line, event: SimEvent) -> None:
    """How the line's SIMs stand now. The caller holds the line's lock."""
    tell_many([commands.of_sims(line, line.sims.in_use(), change=f"event:{event.pk}")])


def owner_of(line: Line) -> Subscriber | None:
    """Who owns it now."""
    ownership = line.ownerships.filter(until_at=None).select_related("subscriber").first()
    return ownership.subscriber if ownership else None


def tell_owner(
    line: Line, kind: str, said: Mapping[str, Any], *, key: str, channels: Iterable[str] = ("email",)
) -> None:
    """A message of this kind to the line's owner; an SMS goes to the line itself."""
    owner = owner_of(line)
    if owner is None:
        return
    addresses = {"email": owner.email, "sms": line.msisdn}
    outbox.send_many(
        Outgoing(
            kind=kind,
            channel=channel,
            to=Recipient(addresses[channel], owner.language, owner.time_zone),
            context={"msisdn": line.msisdn, "url": page_url(), **said},
            key=f"{kind}:{key}:{channel}",
            subject=f"line:{line.pk}",
        )
        for channel in channels
    )


def page_url(name: str = "devices", *args: object) -> str:
    """A page of ours with its origin, for messages."""
    return settings.PORTAL_ORIGIN + reverse(name, args=args)


def named(sim: Sim) -> str:
    """The SIM as its owner calls it: for messages, so untranslated: its name or the end of its number."""
    return sim.label or f"···{sim.ending}"
