"""The mediation system: hands in what was used, a few times a minute, over the same door as any operator's.

A record counts as handed in when the portal has answered for it. While it does not, nothing moves on and the tries grow rarer; what piled up
follows in batches. The same hours always make the same records, so a batch nobody answered for is simply made again.
"""

import contextlib
import gzip
import http.client
import json
import logging
import sqlite3
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from typing import Any
from urllib.parse import urlsplit

from sandbox.books import Books
from sandbox.clock import Clock
from sandbox.configuration import Configuration
from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.network import gate, players
from sandbox.network.players import Player
from sandbox.network.usage import Use

_log = logging.getLogger(__name__)
EVERY_SECONDS, _LONGEST_WAIT_SECONDS = 15.0, 300.0
_ANSWER_SECONDS = 60
#: Records of one batch, and batches of one round: after a long silence the portal gets it in portions.
MOST, _BATCHES = 2_000, 20
_SHOWN = 40
HEADER = "record_id,number,used_at,unit,amount,country\n"
Arrival = tuple[int, Use]


class NotTaken(Exception):
    """The portal did not answer, or would not have it; in a few words."""


@dataclass
class Round:
    """What came of one round: how many records the portal had not known, by number; `is_over` when nothing more waits."""

    new: int = 0
    records: list[Use] = field(default_factory=list)
    is_over: bool = True


class Mediation:
    """Rounds by itself once `start` was called; `hand_in` makes one now."""

    def __init__(self, books: Books, clock: Clock, configuration: Configuration) -> None:
        self._books, self._clock, self._configuration = books, clock, configuration
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        #: when, how many, and what the portal said; newest first
        self.told: deque[tuple[float, int, str]] = deque(maxlen=_SHOWN)
        self.latest: deque[Use] = deque(maxlen=_SHOWN)

    def start(self) -> None:
        if self._configuration.usage_key:
            threading.Thread(target=self._run, name="mediation", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        wait = EVERY_SECONDS
        while not self._stopping.wait(wait):
            try:
                self.hand_in()
                wait = EVERY_SECONDS
            except NotTaken as trouble:
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
                _log.info("usage was not taken, next try in %.0f s: %s", wait, trouble)
            except sqlite3.Error:
                _log.exception("the books could not be read; trying again")

    def hand_in(self) -> Round:
        """Hand in what has arrived until now, in portions. Raises NotTaken; what was taken before stays so."""
        done = Round()
        with self._one_at_a_time:
            for _batch in range(_BATCHES):
                playing = players.listed(self._books.reading())
                if not playing:
                    return done
                arrivals, until = self._waiting(playing)
                if arrivals:
                    done.new += self._take(arrivals)
                    done.records += [use for _at, use in arrivals]
                with self._books.writing() as sql:
                    players.handed(sql, {player.phone.number: until for player in playing})
                if len(arrivals) < MOST:
                    return done
        done.is_over = False
        return done

    def _waiting(self, playing: list[Player]) -> tuple[list[Arrival], float]:
        """The next portion, and the moment until which it is complete."""
        now, sql = self._clock.now(), self._books.reading()
        found = [
            gate.arriving(player.phone, players.rights(sql, player), after=player.handed_until, until=now)
            for player in playing
        ]
        arrivals = list(merge(*found, key=lambda arrival: arrival[0]))
        if len(arrivals) <= MOST:
            return arrivals, now
        until = arrivals[MOST][0]
        portion = [arrival for arrival in arrivals if arrival[0] < until] or arrivals
        return portion, until - 1 if portion is not arrivals else now

    def _take(self, arrivals: list[Arrival]) -> int:
        """Post it, with what was ordered to go wrong about it. Returns how many were new."""
        uses = [use for _at, use in arrivals]
        fault = self._fault()
        if fault and fault.deed == "delay":
            self._stopping.wait(fault.details["seconds"])
        if fault and fault.deed == "reorder":
            uses.reverse()
        body = gzip.compress(as_csv(uses).encode(), mtime=0)
        if fault and fault.deed == "broken":
            with contextlib.suppress(NotTaken):
                self._post(body[: len(body) // 2], len(uses))
        if fault and fault.deed == "again":
            self._post(body, len(uses))
        answer = self._post(body, len(uses))
        self.latest.extendleft(uses)
        return int(answer.get("new", 0))

    def _fault(self) -> Fault | None:
        with self._books.writing() as sql:
            return orders.take(sql, "usage", "network")

    def _post(self, body: bytes, count: int) -> dict[str, Any]:
        """Raises NotTaken."""
        headers = {"Content-Type": "text/csv", "Authorization": f"Bearer {self._configuration.usage_key}"}
        try:
            status, text = post(f"{self._configuration.portal_origin}/network/usage/", body, headers)
            answer: dict[str, Any] = json.loads(text) if status == http.HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._tell(count, f"no answer: {type(error).__name__}")
            raise NotTaken(type(error).__name__) from error
        if status != http.HTTPStatus.OK:
            self._tell(count, f"{status}")
            raise NotTaken(f"status {status}")
        self._tell(count, ", ".join(f"{answer.get(name, 0)} {name}" for name in ("new", "known", "wrong")))
        return answer

    def _tell(self, count: int, words: str) -> None:
        self.told.appendleft((self._clock.now(), count, words))


def as_csv(uses: list[Use]) -> str:
    """As docs/integration.md has it."""
    rows = (
        f"{use.record_id},{use.number},{datetime.fromtimestamp(use.used_at, UTC):%Y-%m-%dT%H:%M:%SZ},{use.unit},{use.amount},{use.country}\n"
        for use in uses
    )
    return HEADER + "".join(rows)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and text of the answer; a redirect is not followed. Raises OSError, http.client.HTTPException."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "localhost", parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
