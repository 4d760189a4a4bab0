"""The demo cast: who they are and what they have, in the operator's own words. Numbers are from Germany's range for fiction."""

from dataclasses import dataclass, field
from datetime import timedelta

PASSWORD = "refill-demo-2026"  # noqa: S105  printed at start, for a demo on one's own machine


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A plan that was paid from credit `ago`, and the share of its allowances that is used by now."""

    plan: str
    ago: timedelta
    used: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Person:
    """`credit_minor` is what is left after everything bought; without a name nobody has claimed the line yet."""

    msisdn: str
    iccid: str
    name: str = ""
    email: str = ""
    language: str = "en"
    label: str = ""
    credit_minor: int = 0
    bought: tuple[Bought, ...] = ()
    about: str = ""


CAST = (
    Person(
        name="Anna",
        email="anna@example.com",
        msisdn="+4917604069011",
        iccid="8949000000000000011",
        credit_minor=420,
        bought=(
            Bought(plan="month-15", ago=timedelta(days=53), used={"data": 0.92, "voice": 0.4, "texts": 0.2}),
            Bought(
                plan="month-15", ago=timedelta(days=22, hours=3), used={"data": 0.573, "voice": 0.576, "texts": 0.91}
            ),
        ),
        about="in the middle of a month plan",
    ),
    Person(
        name="Bao",
        email="bao@example.com",
        msisdn="+4917604069012",
        iccid="8949000000000000012",
        language="zh-hans",
        credit_minor=1250,
        bought=(Bought(plan="day-1", ago=timedelta(hours=22, minutes=20), used={"data": 1.0, "voice": 0.1}),),
        about="reads Chinese; a day plan with its data used up",
    ),
    Person(
        name="Carla",
        email="carla@example.com",
        msisdn="+4917604069013",
        iccid="8949000000000000013",
        credit_minor=5000,
        bought=(Bought(plan="month-5", ago=timedelta(days=36), used={"data": 1.0, "voice": 0.7, "texts": 0.1}),),
        about="plan ended some days ago; enough credit to renew",
    ),
    Person(
        name="Emma",
        email="emma@example.com",
        msisdn="+4917604069014",
        iccid="8949000000000000014",
        label="Emma’s tablet",
        bought=(
            Bought(plan="month-40", ago=timedelta(days=26), used={"data": 0.31, "texts": 0.02}),
            Bought(plan="month-40", ago=timedelta(days=1)),
        ),
        about="next plan already paid",
    ),
    Person(msisdn="+4917604069015", iccid="8949000000000000015", about="Diego's, not registered yet: register with it"),
)
