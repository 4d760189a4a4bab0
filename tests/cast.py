"""The cast of named people."""

from datetime import UTC, datetime

from accounts.models import Line, LineOwnership, Subscriber

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def line_of(msisdn: str) -> Line:
    """A German line in EUR, in stock, nobody's yet."""
    return Line.objects.create(msisdn=msisdn, country="DE", currency="EUR", time_zone="Europe/Berlin")


def person(name: str, msisdn: str, *, language: str = "en") -> Subscriber:
    """A subscriber who has proven number and e-mail and owns the line of that number."""
    subscriber = Subscriber.objects.create_user(
        email=f"{name.lower()}@example.com",
        password="correct horse battery",
        msisdn=msisdn,
        name=name,
        language=language,
    )
    LineOwnership.objects.create(line=line_of(msisdn), subscriber=subscriber, from_at=LONG_AGO)
    return subscriber


def anna() -> Subscriber:
    return person("Anna", "+4917604069011")


def bao() -> Subscriber:
    return person("Bao", "+4917604069012", language="zh-hans")


def carla() -> Subscriber:
    return person("Carla", "+4917604069013")


def emma() -> Subscriber:
    return person("Emma", "+4917604069014")
