"""E-mail through Django's mail backend: SMTP or a provider's API in production, the sandbox's inbox in a demo."""

import smtplib
from contextlib import suppress
from typing import Any

import requests
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from lib.http import refuse_inside_transaction
from notifications.channels.answers import asking, said_in
from notifications.channels.protocol import Accepted, Letter, OutcomeUnknown, Refused


class EmailCarrier:
    """See `notifications.channels.protocol.CarrierOfMessages`."""

    window = 1

    def carry(self, letter: Letter) -> Accepted:
        refuse_inside_transaction()
        message_id = f"<{letter.reference}@{_domain()}>"
        mail = EmailMultiAlternatives(
            subject=letter.title,
            body=letter.text,
            to=[letter.address],
            reply_to=[letter.reply_to] if letter.reply_to else [],
            headers=_headers(letter, message_id),
        )
        mail.metadata = {"message": letter.reference}  # type: ignore[attr-defined]  # comes back with a provider's reports
        if letter.html:
            mail.attach_alternative(letter.html, "text/html")
        if letter.attachment:
            mail.attach(letter.attachment.name, letter.attachment.content, letter.attachment.kind)
        mail.connection = _opened()
        try:
            _send(mail)
        finally:
            with suppress(smtplib.SMTPException, OSError):  # a goodbye that fails undoes nothing
                mail.connection.close()
        return Accepted(message_id)


def _headers(letter: Letter, message_id: str) -> dict[str, str]:
    """`Message-ID` is ours and the same at each try; how to say no to more of them is RFC 8058's."""
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
    if letter.off_url:
        headers |= {"List-Unsubscribe": f"<{letter.off_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def _opened() -> Any:
    """A connection ready to take a mail. Nothing was handed over yet, so whatever goes wrong here may be tried again."""
    connection: Any = get_connection()
    try:
        connection.open()
        if session := getattr(connection, "session", None):
            session.max_redirects = 0  # a letter goes to the provider that was named, or nowhere
    except smtplib.SMTPResponseException as error:
        raise Refused(str(error.smtp_code), permanent=False) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Refused("unreachable", permanent=False) from error
    return connection


def _send(mail: EmailMultiAlternatives) -> None:
    try:
        mail.send()
    except ValueError as error:  # a line break in a header, or an address no server takes
        raise Refused("malformed", permanent=True) from error
    except smtplib.SMTPResponseException as error:
        raise Refused(str(error.smtp_code), permanent=error.smtp_code >= 500) from error
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _words in error.recipients.values())
        raise Refused(str(code), permanent=code >= 500) from error
    except AnymailRecipientsRefused as error:
        raise Refused("refused", permanent=True) from error
    except AnymailRequestsAPIError as error:
        _answered(error)
    except (smtplib.SMTPException, OSError) as error:
        raise OutcomeUnknown(type(error).__name__) from error


def _answered(error: AnymailRequestsAPIError) -> None:
    """What a provider's API means by what is no plain acceptance; one that cannot be read is still one. Raises Refused, OutcomeUnknown."""
    with asking():
        if isinstance(error.__cause__, requests.RequestException):
            raise error.__cause__
    said_in(error.response)


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
