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
    "gifts": "gifts/",
    "line_gifts": "lines/<uuid:line_id>/gifts/",
    "gift": "gifts/<uuid:gift_id>/",
    "gift_undo": "gifts/<uuid:gift_id>/undo/",
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
    "devices": "devices/",
    "internet_settings": "devices/internet/",
    "number_lock": "devices/number/",
    "number_unlock": "devices/number/<uuid:line_id>/unlock/",
    "number_lock_again": "devices/number/<uuid:line_id>/lock/",
    "port_code": "devices/number/<uuid:line_id>/code/",
    "esim_order": "devices/esim/",
    "esim": "devices/esim/<uuid:order_id>/",
    "esim_installed": "devices/esim/<uuid:order_id>/installed/",
    "swap_cancel": "devices/swaps/<uuid:swap_id>/cancel/",
    "sim_lost": "devices/<uuid:sim_id>/lost/",
    "sim_unblock": "devices/<uuid:sim_id>/unblock/",
    "sim_name": "devices/<uuid:sim_id>/name/",
    "sim_remove": "devices/<uuid:sim_id>/remove/",
    "sim_puk": "devices/<uuid:sim_id>/puk/",
    "sim_swap": "devices/<uuid:sim_id>/swap/",
    "sim_swap_code": "devices/<uuid:sim_id>/swap/code/",
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
    "my_data": "data/",
    "account_delete": "delete/",
    "contact": "contact/",
    "help": "help/",
    "help_article": "help/articles/<slug:slug>/",
    "help_new": "help/new/",
    "ticket": "help/tickets/<uuid:ticket_id>/",
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
    "mfa_authenticate": "accounts/2fa/authenticate/",
    "mfa_reauthenticate": "accounts/2fa/reauthenticate/",
    "mfa_activate_totp": "accounts/2fa/totp/activate/",
    "mfa_deactivate_totp": "accounts/2fa/totp/deactivate/",
    "mfa_view_recovery_codes": "accounts/2fa/recovery-codes/",
    "mfa_download_recovery_codes": "accounts/2fa/recovery-codes/download/",
    "mfa_generate_recovery_codes": "accounts/2fa/recovery-codes/generate/",
    "mfa_add_webauthn": "accounts/2fa/webauthn/add/",
    "mfa_edit_webauthn": "accounts/2fa/webauthn/keys/<int:pk>/edit/",
    "mfa_remove_webauthn": "accounts/2fa/webauthn/keys/<int:pk>/remove/",
    "mfa_login_webauthn": "accounts/2fa/webauthn/login/",
    "mfa_reauthenticate_webauthn": "accounts/2fa/webauthn/reauthenticate/",
}

urlpatterns = [
    path("look/<slug:name>/", look, name="look"),
    *(path(route, nothing, name=name) for name, route in ADDRESSES.items()),
]
