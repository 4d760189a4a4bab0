"""SMS over an HTTP API of the kind the large carriers offer: a form, a bearer key, an id in the answer."""

import requests
from django.conf import settings

from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction
from notifications.channels.protocol import Letter, OutcomeUnknown, Refused

#: HTTP status -> whether the refusal is for good. All of them say that nothing was accepted.
REFUSALS = {400: True, 401: False, 402: False, 403: True, 404: True, 422: True, 429: False, 503: False}


class HttpSmsChannel:
    """Settings SMS_API_URL, SMS_API_KEY, SMS_SENDER."""

    def carry(self, letter: Letter) -> str:
        refuse_inside_transaction()
        form = {"to": letter.address, "from": settings.SMS_SENDER, "text": letter.text, "reference": letter.reference}
        try:
            answer = requests.post(
                settings.SMS_API_URL,
                data=form,
                headers={"Authorization": f"Bearer {settings.SMS_API_KEY}"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise Refused("unreachable", permanent=False) from error
        except requests.RequestException as error:
            raise OutcomeUnknown(type(error).__name__) from error
        if answer.status_code in REFUSALS:
            raise Refused(str(answer.status_code), permanent=REFUSALS[answer.status_code])
        if not answer.ok:
            raise OutcomeUnknown(str(answer.status_code))
        return str(answer.json().get("id", ""))
