"""A journey through time: the clock is moved step by step, and at each step the world outside and the portal do what is due.

First the network hands in what was used until then, then the portal looks at everything its schedule would look at (`POST /clock/step/`).
What arrives here meanwhile is what happened.
"""

import http.client
import sqlite3
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.books import Books
from sandbox.clock import Clock, NotAnOffset
from sandbox.configuration import Configuration
from sandbox.network.mediation import Mediation, NotTaken, post

HOUR, DAY = 3600, 86_400
#: A step of a long journey, so that people are met awake and a month takes about a minute; a short one goes by the hour.
_LONG_STEP, _LONG = 6 * HOUR, 3 * DAY
FARTHEST = 400 * DAY
_KEPT = 300
#: Rounds of the network at one step, for what piled up while the portal was away.
_ROUNDS = 50


class NotAJourney(ValueError):
    """Why the clock is not moved."""


@dataclass(frozen=True)
class Happening:
    """Something that arrived here. `kind`: sms, email, plan, line; `at` by the moved clock."""

    number: int
    at: float
    kind: str
    to: str
    words: str


@dataclass
class Journey:
    """From where to where, how far it is, and what came of it. `trouble`: why it ended early."""

    begun: float
    until: float
    at: float
    is_moving: bool = True
    records: int = 0
    sms: int = 0
    emails: int = 0
    told: int = 0
    trouble: str = ""

    @property
    def share(self) -> float:
        return (
            1.0 if self.until <= self.begun else min(1.0, max(0.0, (self.at - self.begun) / (self.until - self.begun)))
        )


class Traveller:
    """One journey at a time, in a thread of its own. `happened`: the last things that did, newest first."""

    def __init__(self, books: Books, clock: Clock, mediation: Mediation, configuration: Configuration) -> None:
        self._books, self._clock, self._mediation, self._configuration = books, clock, mediation, configuration
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._number = 0
        self.journey: Journey | None = None
        self.happened: deque[Happening] = deque(maxlen=_KEPT)

    def begin(self, seconds: object, step_seconds: object = None) -> Journey:
        """Set out for `seconds` from now, forward, in steps that fit unless said. Raises NotAJourney."""
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= FARTHEST:
            raise NotAJourney(
                "The clock goes forward, by at most 400 days at once. What was is over: script/server --fresh starts over."
            )
        step = step_seconds if isinstance(step_seconds, int) and step_seconds >= HOUR else None
        with self._guard:
            if self.journey and self.journey.is_moving:
                raise NotAJourney("The clock is being moved already.")
            now = self._clock.now()
            self.journey = Journey(now, now + seconds, now)
            self._stopping.clear()
            step = step or (HOUR if seconds <= _LONG else _LONG_STEP)
            threading.Thread(target=self._go, args=(self.journey, step), name="journey", daemon=True).start()
            return self.journey

    def stop(self) -> None:
        """After the step that is being done."""
        self._stopping.set()

    def told(self, *, after: int = 0) -> dict[str, Any]:
        """As JSON, with what happened since the thing of that number, oldest first."""
        new = [asdict(one) for one in reversed(self.happened) if one.number > after]
        journey = asdict(self.journey) | {"share": self.journey.share} if self.journey else None
        return {"now": self._clock.now(), "journey": journey, "happened": new, "last": self._number}

    def _go(self, journey: Journey, step: int) -> None:
        try:
            seen = _seen(self._books.reading())
            while journey.at < journey.until and not self._stopping.is_set():
                self._step(journey, min(step, journey.until - journey.at))
                seen = self._note(journey, seen)
        except (NotTaken, NotAnOffset, OSError, http.client.HTTPException, sqlite3.Error) as trouble:
            journey.trouble = f"{type(trouble).__name__}: {trouble}"
        finally:
            journey.is_moving = False

    def _step(self, journey: Journey, seconds: float) -> None:
        self._clock.turn(self._clock.offset_seconds + max(1, round(seconds)))
        journey.at = self._clock.now()
        for _round in range(_ROUNDS):
            done = self._mediation.hand_in()
            journey.records += done.new
            if done.is_over:
                break
        self._let_the_portal_look()

    def _note(self, journey: Journey, seen: tuple[int, int]) -> tuple[int, int]:
        """What arrived since then; until where that is seen now."""
        with self._books.looking() as sql:
            arrived, until = _arrived(sql, seen), _seen(sql)
        for kind, to, words in arrived:
            self._number += 1
            self.happened.appendleft(Happening(self._number, journey.at, kind, to, words))
            journey.sms += kind == "sms"
            journey.emails += kind == "email"
            journey.told += kind in {"plan", "line"}
        return until

    def _let_the_portal_look(self) -> None:
        """Raises NotTaken, OSError, http.client.HTTPException."""
        if not self._configuration.clock_key:
            return
        headers = {"Authorization": f"Bearer {self._configuration.clock_key}"}
        status, _text = post(f"{self._configuration.portal_origin}/clock/step/", b"", headers)
        if status != http.HTTPStatus.OK:
            raise NotTaken(f"The portal answered {status}.")


def next_end(sql: sqlite3.Connection, *, now: float) -> tuple[float, str] | None:
    """When the next plan ends that the core knows of, and whose: the number."""
    row = sql.execute(
        "SELECT unixepoch(json_extract(body, '$.ends_at')) AS ends, msisdn FROM core_periods"
        " JOIN core_lines USING (line) WHERE ends > ? AND NOT json_extract(body, '$.is_cancelled') ORDER BY ends LIMIT 1",
        (now,),
    ).fetchone()
    return None if row is None else (row["ends"], row["msisdn"])


def _seen(sql: sqlite3.Connection) -> tuple[int, int]:
    """The last message and the last command that are there."""
    row = sql.execute(
        "SELECT (SELECT coalesce(max(sequence), 0) FROM messages), (SELECT coalesce(max(sequence), 0) FROM core_calls)"
    ).fetchone()
    return row[0], row[1]


def _arrived(sql: sqlite3.Connection, seen: tuple[int, int]) -> list[tuple[str, str, str]]:
    """Kind, whom it concerns, and what it says, of what came since then."""
    calls = sql.execute(
        "SELECT kind, msisdn, state FROM core_calls JOIN core_lines USING (line)"
        " WHERE sequence > ? AND is_new ORDER BY sequence",
        (seen[1],),
    ).fetchall()
    told = [
        ("line", row["msisdn"], row["state"])
        if row["kind"] == "line_set"
        else ("plan", row["msisdn"], "was told to the core")
        for row in calls
    ]
    rows = sql.execute(
        "SELECT channel, address, subject, text FROM messages WHERE sequence > ? ORDER BY sequence", (seen[0],)
    ).fetchall()
    return told + [(row["channel"], row["address"], row["subject"] or row["text"]) for row in rows]
