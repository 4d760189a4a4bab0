"""SMS over an HTTP API of the kind the large carriers offer: a form, a bearer key, an id in the answer."""

import requests
from django.conf import settings

from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction
from notifications.channels.answers import asking, reference_in
from notifications.channels.protocol import Letter


class HttpSmsChannel:
    """Settings SMS_API_URL, SMS_API_KEY, SMS_SENDER."""

    def carry(self, letter: Letter) -> str:
        refuse_inside_transaction()
        form = {"to": letter.address, "from": settings.SMS_SENDER, "text": letter.text, "reference": letter.reference}
        with asking():
            answer = requests.post(
                settings.SMS_API_URL,
                data=form,
                headers={"Authorization": f"Bearer {settings.SMS_API_KEY}"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        return reference_in(answer)
