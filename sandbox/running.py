"""The parts of one running sandbox, and the door to its books."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app, request

from sandbox.books import Books
from sandbox.clock import Clock
from sandbox.configuration import Configuration
from sandbox.network.mediation import Mediation
from sandbox.stripe_api import arrivals, checkout, giving_back, older_books
from sandbox.stripe_api.courier import Courier
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.fees import Fees
from sandbox.time_page.journey import Traveller

_EXTENSION = "sandbox"


@dataclass(frozen=True)
class Running:
    configuration: Configuration
    books: Books
    clock: Clock
    courier: Courier
    mediation: Mediation
    traveller: Traveller

    @classmethod
    def start(cls, configuration: Configuration) -> "Running":
        """Open the books, and start the thread that delivers events, expires sessions and lets transfers arrive, and the network's."""
        books = Books(configuration.state_dir)
        with books.writing() as sql:
            older_books.bring_up_to_date(Desk(sql, at=int(time.time()), fees=configuration.fees))
        courier = Courier(books, configuration, lambda: _do_chores(books, configuration.fees))
        courier.start()
        clock = Clock(configuration.clock_file)
        mediation = Mediation(books, clock, configuration)
        mediation.start()
        return cls(configuration, books, clock, courier, mediation, Traveller(books, clock, mediation, configuration))

    @contextmanager
    def desk(self, **details: Any) -> Iterator[Desk]:
        """A transaction on the books; what it told is on its way as soon as it is committed."""
        with self.books.writing() as sql:
            yield self._desk(sql, **details)
        self.courier.wake()

    @contextmanager
    def looking_desk(self, **details: Any) -> Iterator[Desk]:
        """The same where nothing is changed: nobody waits for it."""
        with self.books.looking() as sql:
            yield self._desk(sql, **details)

    def _desk(self, sql: sqlite3.Connection, **details: Any) -> Desk:
        origin = request.host_url.rstrip("/")
        return Desk(sql, at=int(time.time()), origin=origin, fees=self.configuration.fees, **details)


def running() -> Running:
    """The sandbox of the present request."""
    parts: Running = current_app.extensions[_EXTENSION]
    return parts


def _do_chores(books: Books, fees: Fees) -> None:
    with books.writing() as sql:
        desk = Desk(sql, at=int(time.time()), fees=fees)
        checkout.expire_overdue(desk)
        arrivals.arrive_due(desk)
        giving_back.settle_due(desk)
