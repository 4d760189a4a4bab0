"""Delivery reports as SMS and mail providers post them: signed, a moment after the message was taken, side by side and in no order.

What is waiting is lost with the process: reports that never come are part of life.
"""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.running import running

_log = logging.getLogger(__name__)
#: How long a phone takes to have it.
_ON_THE_WAY_SECONDS = 0.8
_ANSWER_SECONDS = 10
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_senders = ThreadPoolExecutor(4, thread_name_prefix="report")


def of_sms(callback: str, *, sid: str, to: str, key: str) -> None:
    """`sent`, then `delivered`, to the address that was given with the message (twilio.com/docs/usage/webhooks/messaging-webhooks)."""

    def post(status: str, reason: str) -> None:
        fields = {"MessageSid": sid, "MessageStatus": status, "To": to, **({"ErrorCode": reason} if reason else {})}
        signed = callback + "".join(f"{name}{fields[name]}" for name in sorted(fields))
        signature = base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        kind = "application/x-www-form-urlencoded"
        _post(callback, urlencode(fields), {"Content-Type": kind, "X-Twilio-Signature": signature})

    _tell(post, to=to, sent="sent", arrived="delivered", failed="undelivered")


def of_mail(callback: str, *, message_id: str, to: str, key: str, variables: Mapping[str, str]) -> None:
    """`delivered`, signed with the API key (documentation.mailgun.com, "Securing webhooks")."""

    def post(status: str, reason: str) -> None:
        moment, token = str(int(time.time())), secrets.token_hex(25)
        signature = hmac.new(key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
        event = {
            "event": status, "id": secrets.token_hex(11), "timestamp": time.time(), "recipient": to,
            "message": {"headers": {"message-id": message_id.strip("<>")}}, "user-variables": dict(variables),
            **({"severity": "permanent", "reason": reason} if reason else {}),
        }  # fmt: skip
        said = {"signature": {"timestamp": moment, "token": token, "signature": signature}, "event-data": event}
        _post(callback, json.dumps(said), {"Content-Type": "application/json"})

    _tell(post, to=to, sent="", arrived="delivered", failed="failed")


def _tell(post: Callable[[str, str], None], *, to: str, sent: str, arrived: str, failed: str) -> None:
    """As ordered: nothing, late, twice and in the wrong order, or that it did not arrive."""
    fault = _fault(to)
    if fault and fault.deed == "drop":
        return
    wait = _ON_THE_WAY_SECONDS + (fault.details["seconds"] if fault and fault.deed == "delay" else 0)
    end, reason = (failed, fault.details["reason"]) if fault and fault.deed == "undelivered" else (arrived, "")
    order = [end, end, sent] if fault and fault.deed == "again" else [sent, end]

    def go() -> None:
        time.sleep(wait)
        for status in filter(None, order):
            post(status, reason if status == end else "")

    _senders.submit(go)


def _fault(to: str) -> Fault | None:
    with running().books.writing() as sql:
        return orders.take(sql, "report", to)


def _post(address: str, body: str, headers: dict[str, str]) -> None:
    parts = urlsplit(address)
    if parts.hostname not in _LOOPBACK:
        return
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", f"{parts.path}?{parts.query}", body.encode(), headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        _log.info("a report did not arrive: %s", type(error).__name__)
    finally:
        connection.close()
