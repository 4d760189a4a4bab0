"""A context for each page template, with the names the real views use: what a page needs, and the cases it must survive.

Attribute names are those of the models; what is prepared for reading (`words`, `says`, `title`) comes already translated.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator

from accounts.models import LineState
from lib.wording import GIGABYTE
from tests.look import sample_forms as forms
from tests.look import sample_messages as messages
from tests.look import sample_pace as pace
from tests.look import sample_payouts as payouts
from tests.look import sample_standing as standing
from tests.look import sample_use as use
from tests.look.sample_plans import offer, offers

NOW = datetime.now(UTC).replace(hour=13, minute=20, second=41, microsecond=0)
DAY = timedelta(days=1)
ORDER_ID = UUID("019a0000-0000-7000-8000-000000000001")

ANNA = Like(is_authenticated=True, name="Anna", email="anna@refill.example", msisdn="+4917604069011", is_staff=False)
LINE = Like(
    id=UUID(int=11),
    msisdn="+4917604069011",
    label="Anna’s number",
    currency="EUR",
    time_zone="Europe/Berlin",
    country="DE",
)
SECOND_LINE = Like(
    id=UUID(int=12),
    msisdn="+4917604069019",
    label="Donaudampfschifffahrtsgesellschaftskapitän 备用",
    currency="EUR",
    time_zone="Asia/Shanghai",
    country="DE",
)
MONTH_15 = Like(
    code="month-15", title="Month 15", sentence="15 GB for a month in 29 countries.", price_minor=1500, currency="EUR"
)


def bucket(unit: str, remaining: int | None, granted: int | None, **more: Any) -> Like:
    percent = 0 if not granted or remaining is None else remaining * 100 // granted
    facts = {
        "title": "Data",
        "percent_left": percent,
        "pace_percent": 31,
        "is_low": percent < 20,
        "says": "",
        "expires_at": None,
        "allowance": Like(id=UUID(int=21)),
    }
    return Like(unit=unit, remaining=remaining, granted=granted, **facts | more)


def state(kind: str) -> Like:
    words = {
        "renewed": "Renewed until Mon 30 Nov, 14:20",
        "next_paid": "Next plan paid",
        "ends_soon": "Ends in 3 days",
        "waiting": "Waiting for your payment",
        "ended": "Ended",
    }
    return Like(kind=kind, words=words[kind])


def order(reference: str = "R-7K2M9QX", **more: Any) -> Like:
    facts = {
        "price_minor": 1500,
        "currency": "EUR",
        "vat_minor": 239,
        "vat_percent": 19,
        "placed_at": NOW,
        "expires_at": NOW + DAY,
    }
    return Like(id=ORDER_ID, reference=reference, line=LINE, **facts | more)


def rows() -> list[Like]:
    return [
        Like(order=order(), title="Month 15", words="Applied", tone="good", method="Visa ···4242", act=None),
        Like(
            order=order(price_minor=2000, placed_at=NOW - 3 * DAY),
            title="Credit",
            words="Waiting for your payment",
            tone="warn",
            method="",
            act=Like(url="#", words="Continue"),
        ),
        Like(
            order=order(price_minor=250, placed_at=NOW - 300 * DAY),
            title="Day pass",
            words="Declined – you were not charged",
            tone="bad",
            method="Visa ···0002",
            act=Like(url="#", words="Try again"),
        ),
    ]


def landing() -> dict[str, Any]:
    example = Like(
        remaining=6_400_000_000,
        granted=15 * GIGABYTE,
        ends_at=NOW + 9 * DAY,
        voice_remaining=12_720,
        voice_granted=30_000,
    )
    return {"example": example, "offers": offers()}


def dashboard(**more: Any) -> dict[str, Any]:
    running = Like(plan=MONTH_15, starts_at=NOW - 21 * DAY, ends_at=NOW + 9 * DAY)
    return {
        "place": "home",
        "line": LINE,
        "lines": [LINE],
        "state": state("renewed"),
        "period": running,
        "main": bucket("data", 6_400_000_000, 15 * GIGABYTE),
        **pace.forecast("runs-out", now=NOW),
        "next_period": None,
        "buckets": [bucket("voice", 12_720, 30_000), bucket("texts", 18, 200)],
        "credit_minor": 420,
        "renew": Like(words="Renew · €15.00", order_url="#"),
        "auto_renew": None,
        "rows": rows(),
        "open_order": None,
        "held_orders": [],
    } | more


def dashboard_low() -> dict[str, Any]:
    return dashboard(
        lines=[LINE, SECOND_LINE],
        line=SECOND_LINE,
        state=state("ends_soon"),
        main=bucket("data", 0, 15 * GIGABYTE),
        buckets=[
            bucket("voice", None, None),
            bucket("texts", 2, 200),
            bucket("data", 1_900_000_000, 2 * GIGABYTE, title="Add-on 2 GB", expires_at=NOW + 2 * DAY),
        ],
        forecast=None,
        next_period=Like(plan=MONTH_15, starts_at=NOW + 9 * DAY, ends_at=NOW + 39 * DAY),
        open_order=Like(order=order(), title="Month 15"),
        auto_renew=standing.TROUBLE,
        held_orders=[order()],
    )


def dashboard_ended() -> dict[str, Any]:
    over: dict[str, Any] = {"period": None, "main": None, "buckets": [], "forecast": None, "renew": None, "rows": []}
    return dashboard(state=state("ended"), ended_at=NOW - DAY, **over)


def dashboard_unlimited() -> dict[str, Any]:
    slows = bucket("data", None, None, says="5 GB at full speed left")
    return dashboard(state=state("next_paid"), main=slows, **pace.forecast("likely", now=NOW, is_slowing=True))


def dashboard_asleep(state: LineState) -> dict[str, Any]:
    return {**dashboard_ended(), **messages.asleep(NOW, state), "mail_trouble": messages.BOUNCED}


def plan_list(**more: Any) -> dict[str, Any]:
    tabs = [("day", "Day"), ("month", "Month"), ("quarter", "Quarter"), ("add-ons", "Add-ons")]
    facts = [
        ("Price", "€8.00 €15.00 €25.00"),
        ("Data", "5GB 15GB 40GB"),
        ("per GB", "€1.60 €1.00 €0.63"),
        ("Minutes", "200 500 ∞"),
    ]
    comparison = [
        Like(
            words=words, cells=[Like(value=value, is_advised=place == 1) for place, value in enumerate(values.split())]
        )
        for words, values in facts
    ]
    return {
        "place": "plans",
        "line": LINE,
        "tabs": [Like(code=code, words=words, is_here=code == "month") for code, words in tabs],
        "offers": offers(),
        "comparison": comparison,
        "cheapest": Like(title="Month 5", saving_minor=1240, days=60),
    } | more


def plan_list_long() -> dict[str, Any]:
    names = ["Kraftfahrzeughaftpflichtversicherungspaket", "包月流量畅享套餐（含欧盟漫游）", "XS"]
    long_offers = [offer(size, size * 160, name=name) for size, name in zip((5, 15, 40), names, strict=True)]
    return plan_list(offers=long_offers, line=None, cheapest=None)


def summary() -> dict[str, Any]:
    facts = Like(
        title="Month 15",
        sentence="15 GB of data, minutes and texts for a month.",
        grants=grants(),
        works_in="European Union (29 countries)",
        countries=["Austria", "Belgium", "Bosnia & Herzegovina", "Germany", "Iceland", "Norway"] * 5,
        notes=["Of the data, up to 9 GB can be used outside your home country."],
        validity="for a month",
        speed="Up to 300 Mbit/s down and 50 Mbit/s up. When the data is used up, data stops until you renew or take an add-on.",
        price_minor=1500,
        currency="EUR",
        vat_percent="19",
        vat_minor=239,
        duration="One month from the start, to the same time of day.",
        as_of=NOW,
    )
    return {
        "summary": facts,
        "back_url": "/plans/",
        "back_words": "Plans",
        "order": None,
        "order_url": "#",
        "order_words": "Order",
    }


def grants() -> list[Like]:
    amounts = [("Data", "data", 15 * GIGABYTE), ("Minutes", "voice", 30_000), ("Texts", "texts", 200)]
    return [Like(words=words, unit=unit, amount=amount) for words, unit, amount in amounts]


def review(data: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "place": "plans",
        "form": forms.ReviewForm(data),
        "what": "plan",
        "title": "Month 15",
        "line": LINE,
        "grants": grants(),
        "validity": "for a month",
        "price_minor": 1500,
        "vat_minor": 239,
        "vat_percent": "19",
        "currency": "EUR",
        "summary_url": "#",
        "starts": [
            start("queue", "When the running plan ends", NOW + 9 * DAY),
            start("now", "Now", NOW, lost="9 days and 6.4 GB"),
        ],
        "methods": [
            method("card", "Card", says="On our payment provider’s page."),
            method("credit", "Credit", aside="€4.20", says="€10.80 is missing.", is_closed=True),
        ],
    }


def start(value: str, title: str, starts_at: datetime, *, lost: str = "") -> Like:
    ends_at = starts_at + 30 * DAY
    return Like(value=value, title=title, starts_at=starts_at, ends_at=ends_at, lost=lost, is_chosen=not lost)


def method(value: str, title: str, *, says: str, aside: str = "", is_closed: bool = False) -> Like:
    return Like(value=value, title=title, aside=aside, says=says, is_chosen=not is_closed, is_closed=is_closed)


def review_refused() -> dict[str, Any]:
    return review({"form_token": "x"})


STEPS = ["Ordered", "The bank confirmed the payment", "Added to your number", "Telling you"]


def order_page(done: int = 2, **more: Any) -> dict[str, Any]:
    details = ["Month 15", "Visa ···4242", "15 GB, 500 minutes, 200 texts", "by SMS and e-mail"]
    kinds = ["done"] * done + ["now"] + ["todo"] * 4
    steps = [
        Like(title=title, detail=detail, state=kind, at=NOW + timedelta(seconds=19 * place) if kind == "done" else None)
        for place, (title, detail, kind) in enumerate(zip(STEPS, details, kinds, strict=False))
    ]
    return {
        "place": "orders",
        "order": order(),
        "title": "Month 15",
        "headline": "Adding it to your number",
        "says": "This usually takes seconds. If it takes longer than five minutes we repair it and write to you.",
        "steps": steps,
        "is_open": True,
        "poll_url": f"/orders/{ORDER_ID}/timeline/?look=1",
        "poll_seconds": 600,
        "grants": grants(),
        "method": "Visa ···4242",
        "summary_url": "#",
        "held_items": [],
        "acts": [],
    } | more


def order_applied() -> dict[str, Any]:
    period = Like(starts_at=NOW, ends_at=NOW + 30 * DAY)
    acts = [Like(url="#", words="Go home"), Like(url="#", words="Another order")]
    more = {"auto_renew": standing.SAID, "auto_renew_url": "#"}
    return order_page(
        4,
        **more,
        headline="Renewed until Mon 30 Nov, 14:20",
        says="",
        is_open=False,
        poll_url="",
        period=period,
        acts=acts,
    )


def order_declined() -> dict[str, Any]:
    steps = [
        Like(title="Ordered", detail="Month 15", state="done", at=NOW),
        Like(title="Your bank said no", detail="You have not been charged.", state="bad", at=NOW),
        Like(title="Added to your number", detail="", state="todo", at=None),
    ]
    acts = [Like(url="#", words="Try another card"), Like(url="#", words="Cancel the order")]
    says = "Your bank said no. You have not been charged, and nothing about your number has changed. Try another card."
    return order_page(steps=steps, headline="Not paid", says=says, is_open=False, poll_url="", acts=acts)


def order_outside() -> dict[str, Any]:
    """Credit that a shop sold."""
    titles = ["Paid at Kiosk 12, Main Street", "The seller told us", "Added to your credit", "SMS sent", "E-mail sent"]
    moments = [NOW - 2 * DAY, *[NOW] * 4]
    steps = [
        Like(title=title, detail="€10.00 · Fri 27 Nov, 14:20" if at < NOW else "", state="done", at=at)
        for title, at in zip(titles, moments, strict=True)
    ]
    more: dict[str, Any] = {"method": "Kiosk 12, Main Street", "title": "Credit", "grants": [], "summary_url": ""}
    sold = order(method="external", price_minor=1000, vat_minor=0)
    acts = [Like(url="#", words="Go home")]
    says: dict[str, Any] = {"headline": "€10.00 added to your credit", "says": "", "is_open": False, "poll_url": ""}
    return order_page(steps=steps, order=sold, acts=acts, **more, **says)


def order_held() -> dict[str, Any]:
    why = "You paid €12.00 of €15.00. Pay the missing €3.00, or take your money back."
    held = Like(amount_minor=1200, currency="EUR", why=why, may_keep=True)
    return order_page(2, held_items=[held], headline="€3.00 is missing", says="", poll_url="", is_open=True)


def orders(has_some: bool = True) -> dict[str, Any]:
    return {"place": "orders", "rows": rows() * 2 if has_some else [], "page": Paginator(range(50), 20).page(2)}


def credit() -> dict[str, Any]:
    lines = [
        ("Top-up by card", 2000, 2000),
        ("Month 15", -1500, 500),
        ("Bonus: welcome", 100, 600),
        ("Day pass", -180, 420),
    ]
    entries = [
        Like(
            words=words,
            amount_minor=amount,
            after_minor=after,
            at=NOW - place * DAY,
            order=order() if amount < 0 else None,
            is_bonus=words.startswith("Bonus"),
            note="Your plan began a day late; sorry." if words.startswith("Bonus") else "",
        )
        for place, (words, amount, after) in enumerate(lines)
    ]
    page = Paginator(entries, 20).page(1)
    return {
        "line": LINE,
        "lines": [LINE],
        "credit_minor": 420,
        "paid_minor": 320,
        "bonus_minor": 100,
        "owed_minor": 0,
        "payout": None,
        "payable_minor": 320,
        "entries": entries,
        "page": page,
        "beyond": use.beyond(),
    }


def credit_owed() -> dict[str, Any]:
    return credit() | {"owed_minor": 480, "payout": payouts.payout(), "payable_minor": 0}


def top_up() -> dict[str, Any]:
    amounts = [Like(minor=minor, is_chosen=minor == 1000) for minor in (500, 1000, 2000, 5000)]
    return {"line": LINE, "credit_minor": 420, "amounts": amounts, "form": forms.TopUpForm()}


def voucher(data: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {"line": LINE, "lines": [LINE, SECOND_LINE], "form": forms.VoucherForm(data), "is_too_often": False} | more


def voucher_credit() -> dict[str, Any]:
    sums = {"worth_minor": 2000, "owed_minor": 150, "credit_minor": 420, "after_minor": 2270, "currency": "EUR"}
    about = {"what": "credit", "line": SECOND_LINE, "serial": "7KM4T-00042", "is_bonus": False}
    return {"form": forms.RedeemForm(), **about, **sums}


def voucher_plan() -> dict[str, Any]:
    about = {"form": forms.RedeemForm(), "serial": "7KM4T-00042", "worth_minor": 1500}
    return {**review(), **about}


def sign_in(form: Any) -> dict[str, Any]:
    return {
        "form": form,
        "signup_url": "#",
        "login_url": "#",
        "LOGIN_BY_CODE_ENABLED": True,
        "request_login_code_url": "#",
        "redirect_field": "",
    }


def code_page() -> dict[str, Any]:
    form = forms.CodeForm({"code": "12"})
    return {
        "verify_form": form,
        "change_form": forms.NumberForm(),
        "phone": "+4917604069011",
        "email": "anna@refill.example",
        "can_resend": True,
        "can_change": True,
    }


def sessions() -> dict[str, Any]:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"
    some = [
        Like(user_agent=agent, is_current=first, created_at=NOW, last_seen_at=NOW, ip="2001:db8::7")
        for first in (True, False)
    ]
    return {"sessions": some, "session_count": 2}


def email_change() -> dict[str, Any]:
    now, new = Like(email="anna@refill.example"), Like(email="anna.neu@refill.example")
    return {"form": forms.EmailForm(), "current_emailaddress": now, "new_emailaddress": new}
