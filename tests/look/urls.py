"""Every sample page at `/look/<name>/`, and each address name the templates link to, answered by nothing.

`?language=zh-hans` chooses the language, `?dir=rtl` turns the page round.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone, translation

from tests.look.pages import PAGES


def look(request: HttpRequest, name: str) -> HttpResponse:
    page = PAGES[name]
    with translation.override(request.GET.get("language", "en")), timezone.override("Europe/Berlin"):
        request.user = page.user
        html: str = render_to_string(page.template, page.context(), request)
    if request.GET.get("dir") == "rtl":
        html = html.replace('dir="ltr">', 'dir="rtl">', 1)
    return HttpResponse(html)


def nothing(request: HttpRequest, **_parts: Any) -> HttpResponse:
    return HttpResponse(status=204)


ADDRESSES = {
    "landing": "",
    "dashboard": "home/",
    "advice": "advice/",
    "line_switch": "lines/switch/",
    "message_choices": "messages/",
    "try_mail_again": "messages/again/",
    "message_example": "messages/<slug:kind>/",
    "line_add": "lines/add/",
    "usage": "usage/",
    "line_usage": "lines/<uuid:line_id>/usage/",
    "usage_records": "lines/<uuid:line_id>/usage/records/",
    "usage_records_csv": "lines/<uuid:line_id>/usage/records.csv",
    "usage_allowance": "lines/<uuid:line_id>/usage/allowances/<uuid:allowance_id>/",
    "plan_list": "plans/",
    "plan_summary": "plans/<slug:code>/summary/",
    "world": "world/",
    "world_country": "world/<slug:code>/",
    "order_review": "plans/<slug:code>/order/",
    "orders": "orders/",
    "order": "orders/<uuid:order_id>/",
    "order_timeline": "orders/<uuid:order_id>/timeline/",
    "auto_renew": "lines/<uuid:line_id>/auto-renew/",
    "auto_renew_off": "lines/<uuid:line_id>/auto-renew/off/",
    "auto_renew_cancel_next": "lines/<uuid:line_id>/auto-renew/cancel-next/",
    "queue": "lines/<uuid:line_id>/next/",
    "queue_renewal": "lines/<uuid:line_id>/next/renewal/",
    "queue_renewal_undo": "lines/<uuid:line_id>/next/renewal/undo/",
    "queue_undo": "next/<uuid:change_id>/undo/",
    "queue_cancel": "orders/<uuid:order_id>/next/cancel/",
    "queue_change": "orders/<uuid:order_id>/next/change/",
    "queue_change_to": "orders/<uuid:order_id>/next/change/<slug:code>/",
    "auto_top_up": "lines/<uuid:line_id>/auto-top-up/",
    "auto_top_up_off": "lines/<uuid:line_id>/auto-top-up/off/",
    "credit_use": "lines/<uuid:line_id>/credit-use/",
    "ways_to_pay": "ways-to-pay/",
    "way_to_pay_save": "ways-to-pay/save/",
    "way_to_pay_first": "ways-to-pay/<uuid:method_id>/first/",
    "way_to_pay_backup": "ways-to-pay/<uuid:method_id>/backup/",
    "way_to_pay_remove": "ways-to-pay/<uuid:method_id>/remove/",
    "top_up_a_number": "top-up-a-number/",
    "top_up_for_other": "top-ups/<str:code>/",
    "top_up_for_other_take_back": "top-ups/<str:code>/take-back/",
    "top_up_link_owner": "lines/<uuid:line_id>/top-up-link/",
    "top_up_link_revoke": "lines/<uuid:line_id>/top-up-link/revoke/",
    "payees": "payees/",
    "payee_rename": "payees/<uuid:payee_id>/",
    "payee_remove": "payees/<uuid:payee_id>/remove/",
    "payee_top_up": "payees/<uuid:payee_id>/top-up/",
    "receipts": "receipts/",
    "receipt": "receipts/<uuid:receipt_id>/",
    "order_transfer": "orders/<uuid:order_id>/transfer/",
    "order_pay_another_way": "orders/<uuid:order_id>/pay-another-way/",
    "order_withdraw": "orders/<uuid:order_id>/withdraw/",
    "transfer_send_back": "transfers/<uuid:account_id>/send-back/",
    "order_give_back": "orders/<uuid:order_id>/give-back/",
    "order_keep_as_credit": "orders/<uuid:order_id>/keep-as-credit/",
    "credit": "credit/",
    "top_up": "credit/top-up/",
    "payout": "credit/payout/",
    "payout_cancel": "credit/payout/<uuid:payout_id>/cancel/",
    "voucher": "voucher/",
    "voucher_check": "voucher/check/",
    "group": "group/",
    "group_start": "group/start/",
    "group_ask": "group/ask/",
    "group_leave": "group/leave/",
    "group_join": "group/join/",
    "group_join_check": "group/join/check/",
    "group_invite": "group/invitations/",
    "group_invitation": "group/invitations/<uuid:invite_id>/",
    "group_invite_revoke": "group/invitations/<uuid:invite_id>/revoke/",
    "group_member": "group/members/<uuid:member_id>/",
    "group_member_pause": "group/members/<uuid:member_id>/pause/",
    "group_member_resume": "group/members/<uuid:member_id>/resume/",
    "group_member_remove": "group/members/<uuid:member_id>/remove/",
    "group_ask_approve": "group/asks/<uuid:ask_id>/approve/",
    "group_ask_refuse": "group/asks/<uuid:ask_id>/refuse/",
    "group_dissolve": "group/dissolve/",
    "profile": "profile/",
    "contact": "contact/",
    "terms": "terms/",
    "privacy": "privacy/",
    "imprint": "imprint/",
    "set_language": "language/",
    "account_login": "accounts/login/",
    "account_signup": "accounts/signup/",
    "account_logout": "accounts/logout/",
    "account_email": "accounts/email/",
    "account_email_verification_sent": "accounts/confirm-email/",
    "account_change_phone": "accounts/phone/change/",
    "account_change_password": "accounts/password/change/",
    "account_reset_password": "accounts/password/reset/",
    "account_confirm_password_reset_code": "accounts/password/reset/confirm/",
    "account_request_login_code": "accounts/login/code/",
    "account_confirm_login_code": "accounts/login/code/confirm/",
    "account_verify_phone": "accounts/phone/verify/",
    "account_reauthenticate": "accounts/reauthenticate/",
    "usersessions_list": "accounts/sessions/",
    "mfa_index": "accounts/2fa/",
}

urlpatterns = [
    path("look/<slug:name>/", look, name="look"),
    *(path(route, nothing, name=name) for name, route in ADDRESSES.items()),
]
