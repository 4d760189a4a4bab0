"""E-mail through Django's mail backend: SMTP in production, the sandbox's inbox in a demo."""

import smtplib

import requests
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from lib.http import refuse_inside_transaction
from notifications.channels.protocol import Letter, OutcomeUnknown, Refused


class EmailCarrier:
    """See `notifications.channels.protocol.CarrierOfMessages`."""

    def carry(self, letter: Letter) -> str:
        refuse_inside_transaction()
        message_id = f"<{letter.reference}@{_domain()}>"
        mail = EmailMultiAlternatives(
            subject=letter.title, body=letter.text, to=[letter.address], headers={"Message-ID": message_id}
        )
        if letter.html:
            mail.attach_alternative(letter.html, "text/html")
        try:
            mail.send()
        except smtplib.SMTPResponseException as error:
            raise Refused(str(error.smtp_code), permanent=error.smtp_code >= 500) from error
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _words in error.recipients.values())
            raise Refused(str(code), permanent=code >= 500) from error
        except ConnectionRefusedError as error:
            raise Refused("unreachable", permanent=False) from error
        except (smtplib.SMTPException, OSError, requests.RequestException) as error:
            raise OutcomeUnknown(type(error).__name__) from error
        return message_id


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
