"""Cards for the cast, a stock of cards and profiles that ends as it was asked to, and sessions that have just typed their password."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.db.models import F
from django.test import Client

from accounts.devices import esim, swapping
from accounts.devices.esim import EsimWish
from accounts.devices.swapping import SwapWish
from accounts.models import DeviceKind, EsimOrder, Line, Sim, SimSwap, Subscriber, SwapProof
from lib import clock
from lib.http import refuse_inside_transaction
from notifications.models import Message
from notifications.secrets import unseal
from provisioning.core.cards import Card, Profile

ICCID, NEW_ICCID, ESIM_ICCID = "8949000000000000011", "8949000000000000428", "8949009000000000001"
PROFILE = Profile(
    iccid=ESIM_ICCID, address="smdp.refill.example", matching_id="K7M2Q-ABCDE-23456-XYZ99", puk="12345678"
)


class PlayedCards:
    """`ends` are used up one a call; each is an error to raise, or the profile to tell."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []
        self.looked_up: list[str] = []
        self.ends: list[Exception | Profile] = []
        self.free: set[str] = {NEW_ICCID}

    def find(self, iccid: str) -> Card | None:
        refuse_inside_transaction()
        self.looked_up.append(iccid)
        return Card(iccid=iccid, puk="87654321") if iccid in self.free else None

    def reserve(self, order_id: UUID, *, msisdn: str) -> Profile:
        refuse_inside_transaction()
        self.asked.append(order_id)
        end = self.ends.pop(0) if self.ends else PROFILE
        if isinstance(end, Exception):
            raise end
        return end


def card_of(line: Line, iccid: str = ICCID, **more: Any) -> Sim:
    """The card that is in the line, since ever."""
    return Sim.objects.create(line=line, iccid=iccid, **more)


def ask_for_swap(sim: Sim, owner: Subscriber, **more: Any) -> SimSwap:
    facts: dict[str, Any] = {"proof": SwapProof.OLD_SIM, "session": "Chrome · Android", **more}
    return swapping.ask(SwapWish(sim=sim, subscriber=owner, **facts))


def order_esim(line: Line, owner: Subscriber, **more: Any) -> EsimOrder:
    facts: dict[str, Any] = {"form_token": uuid4(), "device": DeviceKind.WATCH, "label": "Anna’s watch", **more}
    return esim.order(EsimWish(line_id=line.pk, subscriber=owner, **facts), now=clock.now())


@contextmanager
def past_triggers() -> Iterator[None]:
    """What is written in here, no trigger sees."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


def let_a_day_pass() -> None:
    """As if every swap had been asked for a day and a minute earlier."""
    day = timedelta(days=1, minutes=1)
    SimSwap.objects.update(asked_at=F("asked_at") - day, decides_at=F("decides_at") - day)


def told(kind: str) -> list[tuple[str, str]]:
    """(channel, address) of every message of a kind, in order."""
    rows = Message.objects.filter(kind=kind).order_by("channel", "created_at")
    return list(rows.values_list("channel", "address"))


def veto_token(channel: str) -> str:
    """From the newest message of the channel."""
    row = Message.objects.filter(kind="swap_asked", channel=channel).latest("created_at")
    assert row.secret is not None
    found = re.search(r"/v/([^/]+)/$", str(unseal(row.secret)["url"]))
    assert found
    return found[1]


def signed_in(person: Subscriber, *, method: str = "", ago: float = 0) -> Client:
    """A session; with a `method` (password, mfa) that was proven once more so long ago."""
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 14) Chrome/156.0 Mobile Safari/537.36")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    if method:
        session = client.session
        proof = {"method": method, "at": time.time() - ago, "reauthenticated": True}
        if method == "mfa":
            proof["id"] = Authenticator.objects.filter(user=person).latest("created_at").pk
        session["account_authentication_methods"] = [proof]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
    return client


def give_factor(person: Subscriber, *, ago: timedelta = timedelta(days=2)) -> None:
    TOTP.activate(person, generate_totp_secret())
    assert Authenticator.objects.filter(user=person).update(created_at=clock.real_now() - ago) == 1
