"""The demo cast: who they are and what they have, in the operator's own words. Numbers are from Germany's range for fiction."""

from dataclasses import dataclass
from datetime import timedelta

PASSWORD = "refill-demo-2026"  # noqa: S105  printed at start, for a demo on one's own machine


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A plan that was paid from credit `ago`."""

    plan: str
    ago: timedelta


@dataclass(frozen=True, kw_only=True)
class Further:
    """An eSIM of another device on the same number."""

    iccid: str
    label: str
    device: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """`credit_minor` is what is left after everything bought, and before any use; without a name nobody has claimed the line yet.

    `owner`: whose further line it is, by name. `former`: so many plans of the same kind before, sold by the system the operator had then.
    `shares_gb`: what it may use of its owner's first number's data in each plan period, in GB.
    `habit`: how the phone is used, as the sandbox's network knows it; `data_share`: what is used by now of what the plan bought last grants;
    `pays_as_it_goes`: uses credit, from two months ago on, without a plan.
    """

    msisdn: str
    iccid: str
    name: str = ""
    email: str = ""
    language: str = "en"
    label: str = ""
    owner: str = ""
    esims: tuple[Further, ...] = ()
    credit_minor: int = 0
    bought: tuple[Bought, ...] = ()
    former: int = 0
    auto_renews: bool = False
    habit: str = ""
    data_share: float | None = None
    pays_as_it_goes: bool = False
    shares_gb: int = 0
    about: str = ""


CAST = (
    Person(
        name="Anna",
        email="anna@example.com",
        msisdn="+4917604069011",
        iccid="8949000000000000011",
        credit_minor=420,
        bought=(
            Bought(plan="month-15", ago=timedelta(days=53)),
            Bought(plan="month-15", ago=timedelta(days=22, hours=3)),
        ),
        habit="commuter",
        data_share=0.573,
        about="in the middle of a month plan",
    ),
    Person(
        name="Bao",
        email="bao@example.com",
        msisdn="+4917604069012",
        iccid="8949000000000000012",
        language="zh-hans",
        credit_minor=1250,
        bought=(Bought(plan="day-1", ago=timedelta(hours=22, minutes=20)),),
        habit="streamer",
        data_share=1.3,
        about="reads Chinese; a day plan with its data used up",
    ),
    Person(
        name="Carla",
        email="carla@example.com",
        msisdn="+4917604069013",
        iccid="8949000000000000013",
        credit_minor=5000,
        bought=(Bought(plan="month-5", ago=timedelta(days=36)),),
        habit="commuter",
        about="plan ended some days ago; enough credit to renew",
    ),
    Person(
        name="Emma",
        email="emma@example.com",
        msisdn="+4917604069014",
        iccid="8949000000000000014",
        label="Emma’s tablet",
        bought=(
            Bought(plan="month-40", ago=timedelta(days=26)),
            Bought(plan="month-40", ago=timedelta(days=1)),
        ),
        habit="tablet",
        about="next plan already paid",
    ),
    Person(msisdn="+4917604069015", iccid="8949000000000000015", about="Diego's, not registered yet: register with it"),
    Person(
        name="Felix",
        email="felix@example.com",
        msisdn="+4917604069016",
        iccid="8949000000000000016",
        credit_minor=6000,
        bought=(Bought(plan="month-15", ago=timedelta(days=27, hours=15)),),
        former=12,
        auto_renews=True,
        habit="commuter",
        data_share=0.945,
        about="commuter: a year of usage, renews by itself, and goes on using as you look",
    ),
    Person(
        name="Tara",
        email="tara@example.com",
        msisdn="+4917604069017",
        iccid="8949000000000000017",
        esims=(
            Further(iccid="8949000000000000117", label="Tara’s watch", device="watch"),
            Further(iccid="8949000000000000217", label="Travel router", device="router"),
        ),
        credit_minor=2900,
        bought=(
            Bought(plan="month-world-10", ago=timedelta(days=49)),
            Bought(plan="month-world-10", ago=timedelta(days=18, hours=6)),
        ),
        auto_renews=True,
        habit="traveller",
        about="traveller with a watch and a router on her number: at home, in France, in Turkey, in the United States",
    ),
    Person(
        name="Lena",
        email="lena@example.com",
        msisdn="+4917604069018",
        iccid="8949000000000000018",
        credit_minor=3200,
        bought=(
            Bought(plan="month-40", ago=timedelta(days=44)),
            Bought(plan="month-40", ago=timedelta(days=13, hours=2)),
        ),
        auto_renews=True,
        habit="parent",
        about="family: her own number and two of her children’s, who share her data",
    ),
    Person(
        owner="Lena",
        msisdn="+4917604069019",
        iccid="8949000000000000019",
        label="Mia",
        credit_minor=300,
        bought=(Bought(plan="month-5", ago=timedelta(days=20)),),
        habit="child",
        shares_gb=1,
    ),
    Person(
        owner="Lena",
        msisdn="+4917604069020",
        iccid="8949000000000000020",
        label="Ben",
        credit_minor=800,
        bought=(Bought(plan="month-15", ago=timedelta(days=25, hours=8)),),
        habit="teenager",
        data_share=1.1,
        shares_gb=5,
    ),
    Person(
        name="Greta",
        email="greta@example.com",
        msisdn="+4917604069021",
        iccid="8949000000000000021",
        credit_minor=9000,
        habit="grandmother",
        pays_as_it_goes=True,
        about="grandmother: no plan, calls at her hours from credit",
    ),
)
