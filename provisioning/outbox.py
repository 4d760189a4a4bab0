"""Writing commands to the operator's core into the caller's transaction, each once by its key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lib import queue
from lib.rows import insert
from provisioning.models import Command, CommandKind


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A command to be. `payload` is JSON and says how something stands: ids, bytes, seconds, counts, moments as ISO 8601 in UTC; `key`
    tells it from all others, `subject` is what it is done for, e.g. `order:<id>`.
    """

    line_id: UUID
    msisdn: str
    kind: CommandKind
    payload: Mapping[str, Any]
    subject: str
    key: str


def tell_many(tellings: Iterable[Telling]) -> None:
    """Write what is not there yet, in one statement, and wake delivery after the commit. A line's are told in this order, after
    everything that was written for it before. The caller holds the row locks of the lines.
    """
    rows = [_row(telling) for telling in tellings]
    if rows:
        insert(rows, skip_known=True)
        queue.after_commit("provisioning.deliver")


def _row(telling: Telling) -> Command:
    return Command(
        line_id=telling.line_id,
        msisdn=telling.msisdn,
        kind=telling.kind,
        payload=dict(telling.payload),
        subject=telling.subject,
        key=telling.key,
    )
