"""A reply to a mail, handed to the portal in Mailgun's way (documentation.mailgun.com, "Receiving, forwarding and storing messages")."""

import hashlib
import hmac
import http.client
import json
import secrets
import time
from urllib.parse import urlencode, urlsplit

from sandbox.inbox.messages import Message
from sandbox.running import running

_ANSWER_SECONDS = 10
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def send(message: Message, *, to: str, text: str) -> int:
    """The portal's answer, as a status; 0 when nobody answers. What was sent is quoted below, as mail programs do."""
    configuration = running().configuration
    moment, token = str(int(time.time())), secrets.token_hex(25)
    signature = hmac.new(configuration.reply_key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    quoted = "\n".join(f"> {line}" for line in message.text.splitlines())
    headers = [
        ["From", message.to],
        ["To", to],
        ["Subject", f"Re: {message.subject}"],
        ["Message-Id", f"<{secrets.token_hex(12)}@mail.example>"],
        ["In-Reply-To", message.reference],
    ]
    fields = {
        "timestamp": moment,
        "token": token,
        "signature": signature,
        "sender": message.to,
        "recipient": to,
        "message-headers": json.dumps(headers),
        "body-plain": f"{text}\n\nOn Monday, {message.sender} wrote:\n{quoted}\n",
    }
    return _posted(f"{configuration.portal_origin}/webhooks/replies/", urlencode(fields))


def _posted(address: str, body: str) -> int:
    parts = urlsplit(address)
    if parts.hostname not in _LOOPBACK:
        return 0
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", parts.path, body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
