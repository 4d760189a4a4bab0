"""Demo payees, and a link by which anybody may top Anna up."""

from datetime import datetime

from accounts.models import Subscriber
from billing.for_others import links, payees


def load(*, now: datetime) -> list[str]:
    """What to try with them, a line each."""
    people = {person.name: person for person in Subscriber.objects.exclude(msisdn=None).order_by("pk")}
    anna, bao = people["Anna"], people["Bao"]
    payees.add(anna, msisdn=str(bao.msisdn), name="Bao", now=now)
    payees.add(anna, msisdn="+4917604069099", name="Somebody elsewhere", now=now)
    link = links.make(anna.lines[0], anna, shows="Anna", lets_plans=True, now=now)
    return [f"Top-up link of Anna, for whoever has it: {links.address(link)}"]
