"""The staff's desk: Django's admin, entered only with a second factor. Its own pages are in `portal.staff`."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

#: What the desk shows, and in which order. Libraries register tables too, the secrets of second factors among them: left out.
SHOWN: dict[str, list[str]] = {
    "accounts": ["Subscriber", "Line"],
    "billing": [
        "Order",
        "Payment",
        "PaymentAttempt",
        "PaymentMethod",
        "AutoRenew",
        "Renewal",
        "QueueChange",
        "AutoTopUp",
        "GuestTopUp",
        "TopUpLink",
        "Receipt",
        "ReviewItem",
        "RefundRequest",
        "Refund",
        "Dispute",
        "Adjustment",
        "Payout",
        "VoucherBatch",
        "Voucher",
        "WebhookEvent",
        "GatewayMove",
        "LedgerEntry",
        "LedgerAccount",
        "CreditUse",
        "VatRate",
    ],
    "support": ["Ticket", "Notice"],
    "network": ["ExternalTopUp", "UsageDay", "UsageFile", "UsageRowError"],
    "plans": [
        "PlanPeriod",
        "Allowance",
        "AllowanceGift",
        "SharingGroup",
        "GroupMember",
        "GroupInvite",
        "GroupAsk",
        "Plan",
        "Zone",
    ],
    "provisioning": ["Command", "Difference"],
    "notifications": ["Message", "Suppression"],
    "lib": ["Alarm", "Audit"],
}


class PortalAdminSite(AdminSite):
    """Its pages are imported where they are called: they import admin classes, which register with this site."""

    site_title = _("Desk")
    site_header = _("Desk")
    index_title = _("Today")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().register([model for model in models if model._meta.app_label in SHOWN], admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        from portal.staff import entry

        return super().has_permission(request) and entry.is_proven(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  Django's signature
        def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            from portal.staff import entry

            entry.note_activity(request)
            return view(request, *args, **kwargs)

        return super().admin_view(update_wrapper(noted, view), cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from portal.staff import views

        return [path("search/", self.admin_view(views.search), name="search"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found = super().get_app_list(request, app_label)
        for app in found:
            app["models"].sort(key=lambda model: SHOWN[app["app_label"]].index(model["object_name"]))
        return sorted(found, key=lambda app: list(SHOWN).index(app["app_label"]))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from portal.staff import figures

        return super().index(request, {**(extra_context or {}), "figures": figures.for_reader(request.user)})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Through the portal's own sign-in; then whatever is still missing is asked for."""
        from portal.staff import views

        return views.entrance(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")
