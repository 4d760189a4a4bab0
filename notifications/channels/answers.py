"""What an HTTP carrier's answer, or the lack of one, says about the message."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from notifications.channels.protocol import OutcomeUnknown, Refused
from notifications.codes import is_permanent

#: Not accepted, and worth another try: our key or credit, too many at once, their trouble.
TRY_AGAIN = {401, 402, 403, 425, 429, 500, 503}
#: A proxy that lost sight of the carrier, or a reference the carrier knows already.
CANNOT_TELL = {408, 409}


@contextmanager
def asking() -> Iterator[None]:
    """Round the call: what was never connected is refused, anything else that breaks is unknown. Raises Refused, OutcomeUnknown."""
    try:
        yield
    except requests.ConnectionError as error:
        if _never_connected(error):
            raise Refused("unreachable", permanent=False) from error
        raise OutcomeUnknown(type(error).__name__) from error
    except requests.RequestException as error:
        raise OutcomeUnknown(type(error).__name__) from error


def said_in(answer: requests.Response) -> dict[str, Any]:
    """The body of an answer that accepts; empty when there is none that can be read. Raises Refused, OutcomeUnknown."""
    status = answer.status_code
    said = _body(answer)
    if (400 <= status < 500 and status not in CANNOT_TELL) or status in TRY_AGAIN:
        code = str(said.get("code") or status)[:60]
        raise Refused(code, permanent=is_permanent(code, otherwise=status not in TRY_AGAIN))
    if not 200 <= status < 300:
        raise OutcomeUnknown(str(status))
    return said


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | ConnectTimeoutError)
