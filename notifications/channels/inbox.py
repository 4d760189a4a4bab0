"""Both channels into the sandbox's inbox, over HTTP as a real carrier would be. Refused by production settings."""

from collections.abc import Sequence
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from lib.http import post_json
from notifications.channels.protocol import Letter, OutcomeUnknown, Refused


class InboxSmsChannel:
    """SMS as the demo's phones see them."""

    def carry(self, letter: Letter) -> str:
        body = {
            "channel": "sms",
            "to": letter.address,
            "sender": settings.SMS_SENDER,
            "subject": "",
            "text": letter.text,
            "html": "",
            "reference": letter.reference,
        }
        return _posted(body)


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
    return {
        "channel": "email",
        "to": address,
        "sender": message.from_email,
        "subject": message.subject,
        "text": message.body,
        "html": html,
        "reference": message.extra_headers.get("Message-ID", ""),
    }


def _posted(body: dict[str, Any]) -> str:
    try:
        answer = post_json(f"{settings.SANDBOX_URL}/inbox/messages", body)
    except (requests.ConnectTimeout, requests.ConnectionError) as error:
        if isinstance(error, requests.ConnectTimeout) or "refused" in str(error).lower():
            raise Refused("unreachable", permanent=False) from error
        raise OutcomeUnknown(type(error).__name__) from error
    except requests.RequestException as error:
        raise OutcomeUnknown(type(error).__name__) from error
    if answer.status_code in {429, 503}:
        raise Refused(str(answer.status_code), permanent=False)
    if answer.status_code >= 500:
        raise OutcomeUnknown(str(answer.status_code))
    if answer.status_code >= 400:
        raise Refused(str(answer.status_code), permanent=True)
    return str(answer.json()["id"])
