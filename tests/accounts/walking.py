"""A visitor without a browser: fills allauth's forms in, and reads the codes out of the outbox."""

from typing import cast

from django.http import HttpResponse
from django.test import Client

from notifications.models import Message
from notifications.secrets import unseal

PASSWORD = "correct horse battery staple"


class Visitor:
    """One session. Every step returns the answer after redirects."""

    def __init__(self, address: str = "198.51.100.1") -> None:
        self.client = Client(REMOTE_ADDR=address)

    def post(self, path: str, **fields: str) -> HttpResponse:
        return cast("HttpResponse", self.client.post(path, fields, follow=True))

    def get(self, path: str) -> HttpResponse:
        return cast("HttpResponse", self.client.get(path, follow=True))

    def sign_up(self, number: str, email: str, *, password: str = PASSWORD, terms: str = "on") -> HttpResponse:
        return self.post("/account/signup/", phone=number, email=email, password1=password, terms=terms)

    def prove_number(self, code: str = "") -> HttpResponse:
        return self.post("/account/phone/verify/", code=code or newest_code("sms"))

    def prove_email(self, code: str = "") -> HttpResponse:
        return self.post("/account/confirm-email/", code=code or newest_code("email"))

    def register(self, number: str, email: str) -> HttpResponse:
        self.sign_up(number, email)
        self.prove_number()
        return self.prove_email()

    def sign_in(self, login: str, password: str = PASSWORD) -> HttpResponse:
        return self.post("/account/login/", login=login, password=password)

    @property
    def where(self) -> str:
        """The path of the page a signed-in person sees at home, or of the page they are sent to."""
        answer = self.client.get("/home/")
        return "/home/" if answer.status_code == 200 else answer["Location"].partition("?")[0]


def codes(channel: str) -> list[tuple[str, str]]:
    """(address, code) of every code that waits to be sent, newest first."""
    rows = Message.objects.filter(channel=channel).exclude(secret=None).order_by("-created_at", "-id")
    return [(row.address, str(unseal(row.secret)["code"])) for row in rows if row.secret]


def newest_code(channel: str) -> str:
    return codes(channel)[0][1]


def sent(kind: str = "") -> list[str]:
    """Addresses of what was written to the outbox."""
    rows = Message.objects.filter(kind=kind) if kind else Message.objects.all()
    return list(rows.order_by("created_at").values_list("address", flat=True))
