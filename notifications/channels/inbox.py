"""Both channels into the sandbox's inbox, over HTTP as a real carrier would be. Refused by production settings."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import escape

from lib.http import post_json
from notifications.channels.answers import asking, said_in
from notifications.channels.protocol import Accepted, Letter


class InboxSmsChannel:
    """SMS as the demo's phones see them."""

    window = 1

    def carry(self, letter: Letter) -> Accepted:
        body = {
            "channel": "sms",
            "to": letter.address,
            "sender": settings.SMS_SENDER,
            "subject": "",
            "text": letter.text,
            "html": "",
            "reference": letter.reference,
        }
        return Accepted(_posted(body))


class InboxEmailBackend(BaseEmailBackend):
    """E-mail as the demo's mail boxes see it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            for address in message.recipients():
                _posted(_mail(message, address))
        return len(email_messages)


def _mail(message: EmailMessage, address: str) -> dict[str, Any]:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    html = next((str(part[0]) for part in parts if part[1] == "text/html"), "")
    files = [part for part in message.attachments if isinstance(part, tuple)]
    named = [f"[{name}, {len(content) // 1000 + 1} kB]" for name, content, _kind in files]
    return {
        "channel": "email",
        "to": address,
        "sender": message.from_email,
        "subject": message.subject,
        "text": "\n\n".join([str(message.body), *named]),
        "html": html.replace("</body>", "".join(f"<p>{escape(name)}</p>" for name in named) + "</body>"),
        "reference": message.extra_headers.get("Message-ID", ""),
        "reply_to": next(iter(message.reply_to), ""),
        "attachments": [
            {"name": name, "kind": kind, "content": b64encode(content).decode()} for name, content, kind in files
        ],
    }


def _posted(body: dict[str, Any]) -> str:
    with asking():
        answer = post_json(f"{settings.SANDBOX_URL}/inbox/messages", body)
    return str(said_in(answer).get("id", ""))
