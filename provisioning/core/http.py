"""The core over HTTP and JSON, as docs/provisioning.md writes it down: `POST /commands`, `GET /lines.json`."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction
from provisioning.core.protocol import Accepted, Instruction, LineThere, OutcomeUnknown, Page, PeriodThere, Refused

#: The command itself is wrong, and will be wrong the next time; every other 4xx is about us: key, address, too many at once.
_FOR_GOOD = {400, 410, 413, 422}
#: A proxy that lost sight of the core, or a key the core is busy with.
_CANNOT_TELL = {408, 409}
_SURELY_NOT = {500, 503}
PAGE = 500


class HttpCore:
    """One core; a connection for each thread that calls."""

    def __init__(self) -> None:
        self._connections = threading.local()
        self.window = settings.CORE_WINDOW

    def apply(self, instruction: Instruction) -> Accepted:
        body = {
            "id": str(instruction.id),
            "line": str(instruction.line_id),
            "msisdn": instruction.msisdn,
            "kind": instruction.kind,
            "payload": instruction.payload,
        }
        headers = {"Idempotency-Key": str(instruction.id)}
        read_body(self.asked(lambda http: http.post(url_of("commands"), json=body, headers=headers, **how())))
        return Accepted()

    def snapshot(self, *, after: UUID | None) -> Page:
        asked: dict[str, str | int] = {"after": str(after or ""), "limit": PAGE}
        said = read_body(self.asked(lambda http: http.get(url_of("lines.json"), params=asked, **how())))
        try:
            lines = [_line(row) for row in said["lines"]]
            upto = UUID(said["next"]) if said["next"] else None
        except (KeyError, TypeError, ValueError) as error:
            raise OutcomeUnknown("unreadable") from error
        return Page(lines, upto)

    def asked(self, ask: Callable[[requests.Session], requests.Response]) -> requests.Response:
        refuse_inside_transaction()
        try:
            return ask(self._connection())
        except requests.ConnectionError as error:
            if _never_connected(error):
                raise Refused("unreachable", permanent=False) from error
            raise OutcomeUnknown(type(error).__name__) from error
        except requests.RequestException as error:
            raise OutcomeUnknown(type(error).__name__) from error

    def _connection(self) -> requests.Session:
        session: requests.Session | None = getattr(self._connections, "session", None)
        if session is None:
            session = self._connections.session = requests.Session()
            session.headers["Authorization"] = f"Bearer {settings.CORE_API_KEY}"
            session.trust_env = False
        return session


def how() -> dict[str, Any]:
    """How each call is made."""
    return {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False}


def url_of(path: str) -> str:
    return f"{settings.CORE_API_URL.rstrip('/')}/{path}"


def read_body(answer: requests.Response) -> dict[str, Any]:
    """The body of an answer that accepts; empty when there is none that can be read. Raises Refused, OutcomeUnknown."""
    status, said = answer.status_code, _body(answer)
    if 200 <= status < 300:
        return said
    code = str(said.get("code") or status)
    if (400 <= status < 500 and status not in _CANNOT_TELL) or status in _SURELY_NOT:
        raise Refused(code, permanent=status in _FOR_GOOD)
    raise OutcomeUnknown(code)


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _line(row: Mapping[str, Any]) -> LineThere:
    """Raises KeyError, TypeError, ValueError for what is none."""
    periods = [_period(period) for period in row["periods"]]
    sims = row.get("sims")
    return LineThere(
        line_id=UUID(row["line"]),
        msisdn=str(row["msisdn"]),
        state=str(row["state"]),
        periods=periods,
        sims=None if sims is None else frozenset(str(sim["iccid"]) for sim in sims),
        blocked=frozenset(str(sim["iccid"]) for sim in sims or () if sim.get("is_blocked") is True),
    )


def _period(row: Mapping[str, Any]) -> PeriodThere:
    allowances = row["allowances"]
    return PeriodThere(
        name=str(row["period"]),
        starts_at=datetime.fromisoformat(row["starts_at"]),
        ends_at=datetime.fromisoformat(row["ends_at"]),
        is_cancelled=row["is_cancelled"] is True,
        granted={str(one["unit"]): None if one["granted"] is None else int(one["granted"]) for one in allowances},
        frozen=frozenset(str(one["unit"]) for one in allowances if one["is_frozen"]),
    )


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | ConnectTimeoutError)
