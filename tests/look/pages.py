"""Every sample page by its name at `/look/<name>/`. A room's samples stand in a module of their own and join at the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import LineState
from lib.brand import brand
from portal import gallery
from tests.look import sample_advice as advice
from tests.look import sample_back as back
from tests.look import sample_details as details
from tests.look import sample_devices as devices
from tests.look import sample_forms as forms
from tests.look import sample_gifts as gifts
from tests.look import sample_groups as groups
from tests.look import sample_help as help_samples
from tests.look import sample_messages as messages
from tests.look import sample_others as others
from tests.look import sample_pace as pace
from tests.look import sample_pages as sample
from tests.look import sample_payouts as payouts
from tests.look import sample_queue as queue
from tests.look import sample_saved as saved
from tests.look import sample_standing as standing
from tests.look import sample_transfers as transfers
from tests.look import sample_usage as usage
from tests.look import sample_use as use
from tests.look import sample_world as world
from tests.look.sample_plans import four_offers, offer

NOBODY = AnonymousUser()


@dataclass(frozen=True)
class Page:
    """`user` is who looks; `context` is made anew for each rendering."""

    template: str
    context: Callable[[], dict[str, Any]]
    user: Any = field(default_factory=lambda: sample.ANNA)


PAGES = {
    "landing": Page("portal/landing.html", sample.landing, NOBODY),
    "dashboard": Page("portal/dashboard.html", sample.dashboard),
    "dashboard-low": Page("portal/dashboard.html", sample.dashboard_low),
    "dashboard-ended": Page("portal/dashboard.html", sample.dashboard_ended),
    "dashboard-unlimited": Page("portal/dashboard.html", sample.dashboard_unlimited),
    "dashboard-likely": Page(
        "portal/dashboard.html", lambda: sample.dashboard(**pace.forecast("likely", now=sample.NOW))
    ),
    "dashboard-could": Page(
        "portal/dashboard.html", lambda: sample.dashboard(**pace.forecast("could", now=sample.NOW))
    ),
    "dashboard-lasts": Page(
        "portal/dashboard.html", lambda: sample.dashboard(**pace.forecast("lasts", now=sample.NOW))
    ),
    "dashboard-early": Page("portal/dashboard.html", lambda: sample.dashboard(forecast=None)),
    "dashboard-shared": Page("portal/dashboard.html", lambda: sample.dashboard(shared=groups.shared())),
    "dashboard-no-line": Page("portal/dashboard.html", lambda: {"place": "home", "line": None}),
    "dashboard-grace": Page("portal/dashboard.html", lambda: sample.dashboard_asleep(LineState.GRACE)),
    "dashboard-suspended": Page("portal/dashboard.html", lambda: sample.dashboard_asleep(LineState.SUSPENDED)),
    "messages": Page("accounts/message_choices.html", lambda: messages.choices(sample.LINE)),
    "messages-no-line": Page(
        "accounts/message_choices.html", lambda: messages.choices(None, trouble=messages.COMPLAINED)
    ),
    "message-example": Page(
        "accounts/message_example.html", lambda: messages.example("expiry_reminder", now=sample.NOW)
    ),
    "message-example-facts": Page(
        "accounts/message_example.html", lambda: messages.example("transfer_awaited", now=sample.NOW)
    ),
    "turn-off": Page("notifications/turn_off.html", lambda: messages.turned(is_on=True), NOBODY),
    "turned-off": Page("notifications/turn_off.html", lambda: messages.turned(is_on=False), NOBODY),
    "plans": Page("plans/list.html", sample.plan_list),
    "plans-long": Page("plans/list.html", sample.plan_list_long, NOBODY),
    "plans-four": Page("plans/list.html", lambda: sample.plan_list(offers=four_offers())),
    "plans-pace": Page("plans/list.html", lambda: pace.plans(sample.plan_list(), now=sample.NOW)),
    "plans-none": Page("plans/list.html", lambda: sample.plan_list(offers=[])),
    "summary": Page("plans/summary.html", sample.summary),
    "review": Page("billing/review.html", sample.review),
    "review-refused": Page("billing/review.html", sample.review_refused),
    "order": Page("billing/order.html", sample.order_page),
    "order-live": Page("billing/order.html", lambda: sample.order_page(poll_url="/look/order-part/", poll_seconds=0)),
    "order-part": Page("billing/_timeline.html", sample.order_applied),
    "order-applied": Page("billing/order.html", sample.order_applied),
    "order-declined": Page("billing/order.html", sample.order_declined),
    "order-outside": Page("billing/order.html", sample.order_outside),
    "order-held": Page("billing/order.html", sample.order_held),
    "receipts": Page("billing/receipts.html", back.receipts),
    "receipts-none": Page("billing/receipts.html", lambda: back.receipts() | {"receipts": []}),
    "receipt-waiting": Page("billing/receipt_waiting.html", back.receipt_waiting),
    "transfer": Page("billing/transfer.html", transfers.transfer),
    "another-way": Page("billing/pay_another_way.html", transfers.another_way),
    "auto-renew-first": Page("billing/auto_renew.html", standing.renew_first),
    "auto-renew-on": Page("billing/auto_renew.html", standing.renew_on),
    "auto-renew-off": Page("billing/auto_renew.html", standing.renew_off),
    "auto-renew-refused": Page("billing/auto_renew.html", standing.renew_refused),
    "auto-renew-held": Page("billing/auto_renew.html", standing.renew_held),
    "auto-top-up-first": Page("billing/auto_top_up.html", standing.top_up_first),
    "auto-top-up-on": Page("billing/auto_top_up.html", standing.top_up_on),
    "auto-top-up-refused": Page("billing/auto_top_up.html", standing.top_up_refused),
    "ways-to-pay": Page("billing/ways_to_pay.html", saved.ways),
    "ways-to-pay-none": Page("billing/ways_to_pay.html", saved.ways_none),
    "way-to-pay-save": Page("billing/way_to_pay_save.html", saved.save),
    "way-to-pay-save-refused": Page("billing/way_to_pay_save.html", saved.save_refused),
    "way-to-pay-remove": Page("billing/way_to_pay_remove.html", saved.remove),
    "others-number": Page("billing/for_others/number.html", others.number, NOBODY),
    "others-number-known": Page("billing/for_others/number.html", lambda: others.number(payees=others.PAYEES)),
    "others-number-refused": Page("billing/for_others/number.html", others.number_refused, NOBODY),
    "others-what": Page("billing/for_others/what.html", others.what, NOBODY),
    "others-what-link": Page("billing/for_others/what.html", lambda: others.what(others.BY_LINK), NOBODY),
    "others-what-refused": Page("billing/for_others/what.html", others.what_refused, NOBODY),
    "others-review": Page("billing/for_others/review.html", others.review, NOBODY),
    "others-review-plan": Page("billing/for_others/review.html", others.review_plan, NOBODY),
    "others-open": Page("billing/for_others/top_up.html", others.top_up_open, NOBODY),
    "others-done": Page("billing/for_others/top_up.html", others.top_up_done, NOBODY),
    "others-undone": Page("billing/for_others/top_up.html", others.top_up_undone, NOBODY),
    "others-not-done": Page("billing/for_others/top_up.html", others.top_up_not_done, NOBODY),
    "top-up-link": Page("billing/for_others/link.html", others.link),
    "top-up-link-none": Page("billing/for_others/link.html", others.link_none),
    "payees": Page("billing/for_others/payees.html", others.payees),
    "payees-none": Page("billing/for_others/payees.html", others.payees_none),
    "payee": Page("billing/for_others/payee.html", others.payee),
    "withdraw": Page("billing/withdraw.html", back.withdraw),
    "withdraw-queued": Page("billing/withdraw.html", back.withdraw_queued),
    "orders": Page("billing/orders.html", sample.orders),
    "orders-none": Page("billing/orders.html", lambda: sample.orders(has_some=False)),
    "credit": Page("billing/credit.html", sample.credit),
    "credit-none": Page(
        "billing/credit.html", lambda: sample.credit() | {"entries": [], "credit_minor": 0, "bonus_minor": 0}
    ),
    "credit-owed": Page("billing/credit.html", sample.credit_owed),
    "credit-not-for-use": Page("billing/credit.html", lambda: sample.credit() | {"beyond": use.beyond(is_paid=False)}),
    "credit-kept": Page("billing/credit.html", lambda: sample.credit() | {"beyond": use.beyond(is_off=True)}),
    "payout": Page("billing/payout.html", lambda: payouts.page(sample.LINE)),
    "payout-refused": Page(
        "billing/payout.html", lambda: payouts.page(sample.LINE, {"shown_minor": "320", "iban": "DE12"})
    ),
    "payout-open": Page("billing/payout.html", lambda: payouts.is_open(sample.LINE)),
    "payout-not-now": Page(
        "billing/payout.html", lambda: payouts.page(sample.LINE, refusal="The number came to you today.")
    ),
    "top-up": Page("billing/top_up.html", sample.top_up),
    "voucher": Page("billing/voucher.html", sample.voucher),
    "voucher-refused": Page("billing/voucher.html", lambda: sample.voucher({"code": "7KM4T-0D1XC-99HJW-3FRPN"})),
    "voucher-too-often": Page("billing/voucher.html", lambda: sample.voucher(is_too_often=True)),
    "voucher-credit": Page("billing/voucher_check.html", sample.voucher_credit),
    "voucher-plan": Page("billing/voucher_check.html", sample.voucher_plan),
    "profile": Page(
        "accounts/profile.html",
        lambda: {
            "form": forms.ProfileForm(),
            "lines": [sample.LINE, sample.SECOND_LINE],
            "user": sample.ANNA,
            "has_factor": True,
            "held_until": details.HELD,
        },
    ),
    "line-add": Page("accounts/line_add.html", lambda: {"form": forms.NumberForm()}),
    "line-confirm": Page("accounts/line_confirm.html", lambda: {"form": forms.CodeForm(), "msisdn": "+4917604069011"}),
    "terms": Page("portal/legal.html", lambda: {"text": brand().text("terms")}, NOBODY),
    "privacy": Page("portal/legal.html", lambda: {"text": brand().text("privacy")}, NOBODY),
    "imprint": Page("portal/legal.html", lambda: {"text": brand().text("imprint")}, NOBODY),
    "sign-in": Page("account/login.html", lambda: sample.sign_in(forms.SignInForm()), NOBODY),
    "sign-in-refused": Page("account/login.html", lambda: sample.sign_in(forms.SignInForm({"login": "anna"})), NOBODY),
    "register": Page("account/signup.html", lambda: sample.sign_in(forms.RegisterForm()), NOBODY),
    "code": Page("account/confirm_phone_verification_code.html", sample.code_page, NOBODY),
    "code-email": Page("account/confirm_email_verification_code.html", sample.code_page, NOBODY),
    "reset": Page("account/password_reset.html", lambda: {"form": forms.EmailForm()}, NOBODY),
    "code-request": Page("account/request_login_code.html", lambda: sample.sign_in(forms.CodeRequestForm()), NOBODY),
    "password-change": Page("account/password_change.html", lambda: {"form": forms.PasswordForm()}),
    "password-new": Page(
        "account/password_reset_from_key.html", lambda: {"form": forms.PasswordForm(), "action_url": "#"}, NOBODY
    ),
    "password-link-old": Page("account/password_reset_from_key.html", lambda: {"token_fail": True}, NOBODY),
    "sessions": Page("usersessions/usersession_list.html", sample.sessions),
    "email-change": Page("account/email_change.html", sample.email_change),
    "not-found": Page("404.html", dict),
    "not-allowed": Page("403.html", dict),
    "too-often": Page("429.html", dict, NOBODY),
    "send-again": Page("403_csrf.html", dict, NOBODY),
    "failed": Page("500.html", dict, NOBODY),
    "gallery": Page("portal/gallery.html", gallery.samples),
    "review-instead": Page("billing/review.html", lambda: sample.review() | queue.instead()),
    **{name: Page(*page) for name, page in (queue.PAGES | advice.pages(sample.LINE)).items()},
    **{name: Page(*page) for name, page in usage.pages(sample.LINE, sample.SECOND_LINE, sample.bucket, offer).items()},
    **{name: Page(*page) for name, page in gifts.pages(sample.LINE).items()},
    **{name: Page(*page) for name, page in world.pages(sample.LINE, NOBODY).items()},
    **{name: Page(*page) for name, page in help_samples.pages(NOBODY).items()},
    **{name: Page(*page) for name, page in devices.pages(sample.LINE, NOBODY).items()},
    **{name: Page(*page) for name, page in details.pages(sample.ANNA, NOBODY).items()},
    **{name: Page(*page) for name, page in groups.pages(sample.LINE, sample.SECOND_LINE).items()},
}
