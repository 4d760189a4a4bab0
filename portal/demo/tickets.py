"""Demo tickets: one that was answered, one that waits; and works that are planned for tomorrow."""

import uuid
from datetime import datetime, timedelta

from accounts.models import Subscriber
from notifications import outbox
from support import asking, conversation, notices
from support.asking import Question
from support.authority import Staff
from support.models import Notice, NoticeKind, NoticePlace, Ticket, Topic

_DESK = Staff(person_id=0)
_HOUR = timedelta(hours=1)


def load(*, now: datetime) -> list[str]:
    """What to look at, a line each."""
    people = {person.name: person for person in Subscriber.objects.exclude(msisdn=None).order_by("pk")}
    answered = _ask(
        people["Anna"],
        Topic.DATA,
        "Data in Turkey?",
        "I fly to Izmir on Friday. Does my plan work there, and what does a gigabyte cost?",
        now=now - 27 * _HOUR,
    )
    conversation.answer(
        answered.pk,
        text="Hello Anna,\nyour plan covers the European Union. In Turkey data is paid from your credit. “Where it works” shows the price; "
        "a plan with the world in it is cheaper from half a gigabyte on.\nHave a good flight!",
        solves=False,
        by=_DESK,
        now=now - 25 * _HOUR,
    )
    waiting = _ask(
        people["Felix"],
        Topic.PAYMENT,
        "A receipt with my company’s name",
        "Can the receipts show the name of my company?",
        now=now - _HOUR,
    )
    for ticket in (answered, waiting):
        outbox.withdraw(ticket.subject)
    _plan_works(now=now)
    return ["Tickets: Anna’s is answered, Felix’s waits at the desk. Planned works are told on the first page."]


def _ask(person: Subscriber, topic: Topic, title: str, text: str, *, now: datetime) -> Ticket:
    question = Question(
        topic=topic,
        title=title,
        text=text,
        form_token=uuid.uuid4(),
        subscriber=person,
        language=person.language,
        time_zone=person.time_zone,
        line=person.lines[0],
    )
    return asking.ask(question, now=now)


def _plan_works(*, now: datetime) -> None:
    begin = (now + timedelta(days=1)).replace(hour=1, minute=0, second=0, microsecond=0)
    notice = Notice(
        kind=NoticeKind.WORKS,
        texts={
            "en": "Bank transfers and receipts pause for an hour. Cards, PayPal and credit work.",
            "zh-hans": "银行转账和收据将暂停一小时。银行卡、PayPal 和余额不受影响。",
        },
        places=[NoticePlace.LANDING, NoticePlace.ORDERS],
        from_at=begin,
        until_at=begin + _HOUR,
    )
    notices.make(notice, by=_DESK, now=now)
