"""An owner of whom there is something in every room, each with a mark that nothing about somebody else may hold."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress

from accounts import claims
from accounts.models import Consent, Line, LineClaim, Sim, Subscriber
from billing.for_others import links, payees
from billing.models import AutoRenew, Order, TopUpLink
from lib import clock
from network import loading
from notifications import choices, outbox
from notifications.models import Message
from notifications.outbox import Outgoing, Recipient
from plans.groups import inviting, joining
from plans.models import Plan
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.test_saved_methods import card, kept
from tests.cast import anna, bao
from tests.network.writing import as_csv, row
from tests.plans.gifting import give, wake
from tests.support.asked import ask

NOW = clock.real_now().replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER = "+4917604069011"
#: what stands for Anna wherever she left something
MARKS = (
    "anna@", "Annamark", "linemark", "payeemark", "linkmark", "recordmark", "simmark", "groupmark", "ticketmark", "···9876", "+4917604069012",
)  # fmt: skip


class Life:
    """Anna's, on her line; Bao claims it, and is on her list of payees."""

    def __init__(self, folder: Path, *, now: datetime = NOW) -> None:
        load_reference_data()
        self.now = now
        self.person: Subscriber = anna()
        self.other: Subscriber = bao()
        Subscriber.objects.filter(pk=self.person.pk).update(name="Annamark")
        for each in (self.person, self.other):
            EmailAddress.objects.create(user=each, email=each.email, verified=True, primary=True)
        self.line: Line = self.person.lines.get()
        Line.objects.filter(pk=self.line.pk).update(label="linemark")
        Consent.objects.create(subscriber=self.person, kind="terms", text_version="v1", given_at=now - DAY)
        self.order: Order = order_plan(self.person, now=now - DAY)
        pay(self.order, now=now - DAY)
        give_credit(self.line, 4321)
        self._of_money()
        self._of_use(folder)
        self._of_messages()
        self._of_sharing()
        self._of_help()
        self.claim = self._claimed()

    def _of_money(self) -> None:
        self.method = kept(self.person, card("9876"))
        self.renewing = AutoRenew.objects.create(
            line=self.line, subscriber=self.person, plan=Plan.objects.get(code="month-15"), method=self.method,
            currency="EUR", on_at=self.now - DAY, price_minor=1500, consents={},
        )  # fmt: skip
        self.link: TopUpLink = links.make(self.line, self.person, shows="linkmark", lets_plans=True, now=self.now - DAY)
        self.link_address = links.address(self.link)
        self.payee = payees.add(self.person, msisdn="+4917604069012", name="payeemark", now=self.now)
        payees.add(self.other, msisdn=NUMBER, name="Annamark", now=self.now)

    def _of_use(self, folder: Path) -> None:
        path = folder / "usage.csv"
        path.write_bytes(as_csv([row(f"recordmark-{number}", at=self.now - HOUR * number) for number in (1, 2)]))
        list(loading.load(path, source="test", now=self.now))

    def _of_messages(self) -> None:
        choices.choose(self.person.email, "receipt", is_wanted=False)
        choices.choose(NUMBER, "plan_ended", is_wanted=False)
        for address, channel in ((NUMBER, "sms"), (self.person.email, "email")):
            self.told(address, channel)

    def _of_sharing(self) -> None:
        """Bao was given data, and is in her group; her SIM has a name."""
        bao_s = wake(self.other.lines.get())
        self.sim = Sim.objects.create(line=self.line, iccid="8949000000000000011", label="simmark")
        source = self.line.allowances.get(unit="data")
        self.gift = give(self.person, bao_s.msisdn, source, now=self.now)
        self.group = inviting.start(line=self.line, owner=self.person, shows="groupmark", now=self.now)
        self.invite, _code = inviting.invite(group=self.group, cap_bytes=None, now=self.now)
        self.member = joining.join(
            invite=self.invite, line=bao_s, subscriber=self.other, shows="Bao", now=self.now
        )  # fmt: skip

    def _of_help(self) -> None:
        self.ticket = ask(self.person, now=self.now, title="ticketmark", text="ticketmark")

    def told(self, address: str, channel: str, *, key: str = "mark") -> None:
        """Something that waits to be sent."""
        said: dict[str, Any] = {"msisdn": NUMBER, "plan": {"en": "linemark"}}
        to = Recipient(address, "en", "Europe/Berlin")
        kind = "topped_up" if channel == "sms" else "renewed"
        outbox.send(Outgoing(kind=kind, channel=channel, to=to, context=said, key=f"{key}:{channel}", subject="mark"))

    def _claimed(self) -> LineClaim:
        assert claims.prove(self.other, NUMBER, now=self.now) is None
        return LineClaim.objects.get()

    def veto_path(self) -> str:
        told = Message.objects.get(kind="line_claim")
        return str(told.context["url"]).partition("localhost:8000")[2]
