"""SMS over an HTTP API in Twilio's style (twilio.com/docs/messaging/api/message-resource): a form, account and key, `sid` in the answer."""

import threading
from dataclasses import dataclass

import requests
from django.conf import settings
from django.urls import reverse

from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction
from notifications.channels.answers import asking, said_in
from notifications.channels.protocol import Accepted, Letter


@dataclass(frozen=True)
class Provider:
    """Who sends SMS for us: `url` ends where `/Messages.json` is added; `key` signs its delivery reports, too."""

    name: str
    url: str
    account: str
    key: str


def configured() -> list[Provider]:
    """One or two, the one that is asked first before the other (settings `SMS_API_URL`, `SMS_SECOND_API_URL`)."""
    found = [
        Provider("first", settings.SMS_API_URL, settings.SMS_API_ACCOUNT, settings.SMS_API_KEY),
        Provider("second", settings.SMS_SECOND_API_URL, settings.SMS_SECOND_API_ACCOUNT, settings.SMS_SECOND_API_KEY),
    ]
    return [provider for provider in found if provider.url]


class HttpSmsChannel:
    """One provider; a connection for each thread that calls."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._connections = threading.local()
        self.window = settings.SMS_WINDOW

    def carry(self, letter: Letter) -> Accepted:
        refuse_inside_transaction()
        form = {
            "To": letter.address,
            "From": settings.SMS_SENDER,
            "Body": letter.text,
            "StatusCallback": f"{settings.PORTAL_ORIGIN}{reverse('sms_report', args=[self._provider.name])}?message={letter.reference}",
        }
        with asking():
            answer = self._connection().post(
                f"{self._provider.url.rstrip('/')}/Messages.json",
                data=form,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        return Accepted(str(said_in(answer).get("sid") or ""), self._provider.name)

    def _connection(self) -> requests.Session:
        session: requests.Session | None = getattr(self._connections, "session", None)
        if session is None:
            session = self._connections.session = requests.Session()
            session.auth = (self._provider.account, self._provider.key)
            session.trust_env = False
        return session
