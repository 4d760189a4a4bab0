"""What every entry in the books needs to know of the request that caused it."""

import sqlite3
from dataclasses import dataclass, field

from sandbox.stripe_api.fees import Fees

#: the API's version when a request names none: the one of the SDK we type against
API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Desk:
    """One open transaction. `at`: now in whole seconds; `origin`: where the pay page lives, without a slash at the end."""

    sql: sqlite3.Connection
    at: int
    origin: str = ""
    fees: Fees = field(default_factory=Fees)
    api_version: str = API_VERSION
    request_id: str | None = None
    idempotency_key: str | None = None
