"""How allauth meets our subscribers: numbers in every spelling, codes through the outbox, and a claim with each proof."""

import uuid
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.stages import PhoneVerificationStage
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import claims, hold, known_devices, sms_limits
from accounts.changing import notices
from accounts.fields import MsisdnField
from accounts.models import Line, Subscriber
from lib import clock
from lib.msisdn import is_served
from lib.templatetags.formats import browser
from notifications import choices, outbox, suppressions
from notifications.outbox import Outgoing, Recipient

#: of the column
EMAIL_LENGTH = 254
_IS_NEW_DEVICE = "_is_new_device"
#: Allauth's names for what makes the account weaker.
_FACTOR_GONE = {"totp_deactivated", "webauthn_removed"}
_STAGE = "allauth.account.stages.PhoneVerificationStage"


class Adapter(DefaultAccountAdapter):
    """Numbers are unique once proven; an unproven one waits in `msisdn_pending` and blocks nobody."""

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        kwargs["label"] = _("Mobile number")
        return MsisdnField(**kwargs)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **signing_in: Any) -> Any:
        """Who signed in before is told when it happens with a device that has not been seen."""
        response = super().post_login(request, user, **signing_in)
        if getattr(request, _IS_NEW_DEVICE, False):
            _told_of_sign_in(request, _subscriber(user))
        known_devices.remember(request, response, _subscriber(user))
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Look before the sign-in is dated: afterwards nobody knows whether there was one before."""
        is_new = user.last_login is not None and not known_devices.is_known(request, _subscriber(user))
        setattr(request, _IS_NEW_DEVICE, is_new)
        super().login(request, user)

    def clean_email(self, email: str) -> str:
        """Refuse what would be cut off on its way into the table."""
        if len(email) > EMAIL_LENGTH:
            raise ValidationError(_("This e-mail address is too long."), code="max_length")
        return str(super().clean_email(email))

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """A code that was read there shows that mails arrive."""
        is_confirmed = bool(super().confirm_email(request, email_address))
        if is_confirmed:
            suppressions.lift(email_address.email)
        return is_confirmed

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Another password begins a hold (accounts.hold); e-mail and number do by the table's own trigger."""
        if user.has_usable_password():
            _subscriber(user).sign_in_changed_at = clock.real_now()
        super().set_password(user, password)

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> None:  # noqa: FBT001  allauth's signature
        user = _subscriber(user)
        if verified:
            self.set_phone_verified(user, phone)
        else:
            user.msisdn_pending = phone
            user.save(update_fields=["msisdn_pending"])

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        user = _subscriber(user)
        if user.msisdn:
            return user.msisdn, True
        return (user.msisdn_pending, False) if user.msisdn_pending else None

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        """The proof: the number signs this person in, and claims the line. Of two who prove one number, the first keeps it."""
        user = _subscriber(user)
        former = user.msisdn
        try:
            with transaction.atomic():
                if user.msisdn != phone or user.msisdn_pending:
                    user.msisdn, user.msisdn_pending = phone, ""
                    user.save(update_fields=["msisdn", "msisdn_pending"])
                claims.prove(user, phone, now=clock.now())
                if former and former != phone:
                    notices.tell("phone_changed", user, to=user.email, former=former)
        except IntegrityError:
            user.refresh_from_db(fields=["msisdn", "msisdn_pending"])

    def get_user_by_phone(self, phone: str) -> Subscriber | None:
        return Subscriber.objects.filter(msisdn=phone).first()

    def send_verification_code_sms(self, user: AbstractBaseUser, phone: str, code: str, **_kwargs: Any) -> None:
        """Only a number with a line of ours gets a code; every other sees the same page and gets nothing."""
        send_code(phone, code, language=get_language() or _subscriber(user).language, address=self._address())

    def send_unknown_account_sms(self, phone: str, **_kwargs: Any) -> None:
        sms_limits.count_or_refuse(phone, address=self._address())

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Only the number itself hears that it is registered already; the page is the same as for a new one."""
        sms_limits.count_or_refuse(phone, address=self._address())
        url = settings.PORTAL_ORIGIN + reverse("account_login")
        _sms("account_exists", phone, {"url": url}, language=get_language() or "en")

    def _address(self) -> str:
        return str(self.get_client_ip(context.request)) if context.request else "-"

    def get_login_stages(self) -> list[str]:
        stages: list[str] = super().get_login_stages()
        return ["accounts.adapter.NumberStage" if stage == _STAGE else stage for stage in stages]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Allauth's mails in our kinds: a code, or a hint that the account exists."""
        name = template_prefix.rpartition("/")[2]
        if "code" in context:
            kind = "password_reset_code" if name.startswith("password_reset") else "email_code"
            _mail(kind, email, {"code": context["code"]})
        elif name == "account_already_exists":
            _mail("account_exists", email, {"url": settings.PORTAL_ORIGIN + reverse("account_login")})

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """A notice about the account's safety; a factor that is taken away begins a hold."""
        name, told = template_prefix.rpartition("/")[2], context or {}
        subscriber = _subscriber(user)
        if name == "email_changed":
            choices.move(told["from_email"], told["to_email"])
        if name in _FACTOR_GONE:
            hold.begin(subscriber)
        notices.tell(name, subscriber, to=email or subscriber.email, former=told.get("from_email", ""))

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        words = {
            "account_reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate_webauthn": _("Use a passkey"),
        }
        urls = {reverse(name): said for name, said in words.items()}
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": urls[method["url"]]} for method in methods]


class NumberStage(PhoneVerificationStage):
    """Staff have no number to prove."""

    def handle(self) -> Any:
        user = _subscriber(self.login.user) if self.login.user else None
        if user and user.is_staff and not (user.msisdn or user.msisdn_pending):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call]


def _subscriber(user: AbstractBaseUser) -> Subscriber:
    """Allauth knows only that it is some user."""
    return cast("Subscriber", user)


def send_code(msisdn: str, code: str, *, language: str, address: str) -> None:
    """Count, then send a code to `msisdn` if it is a line of ours; `address` is where it was asked from. Raises RateLimited."""
    sms_limits.count_or_refuse(msisdn, address=address)
    if not is_served(msisdn) or not Line.objects.live().filter(msisdn=msisdn).exists():
        return
    _sms("sign_in_code", msisdn, {"code": code}, language=language)


def _sms(kind: str, msisdn: str, said: dict[str, Any], *, language: str) -> None:
    to = Recipient(msisdn, language, timezone.get_current_timezone_name())
    key = f"{kind}:{uuid.uuid4()}"
    outbox.send(Outgoing(kind=kind, channel="sms", to=to, context=said, key=key, subject="account"))


def client_address(request: HttpRequest) -> str:
    """The address a request comes from, past the proxies we trust."""
    return str(Adapter(request).get_client_ip(request))


def _mail(kind: str, email: str, said: dict[str, Any]) -> None:
    outbox.send(
        Outgoing(
            kind=kind,
            channel="email",
            to=Recipient(email, get_language() or "en", timezone.get_current_timezone_name()),
            context=said,
            key=f"{kind}:{uuid.uuid4()}",
            subject="account",
        )
    )


def _told_of_sign_in(request: HttpRequest, subscriber: Subscriber) -> None:
    device = browser(request.headers.get("User-Agent", ""))
    said = {
        "happened_at": clock.now().isoformat(),
        "device": device or _("an unknown device"),
        "url": settings.PORTAL_ORIGIN + reverse("usersessions_list"),
    }
    _mail("new_sign_in", subscriber.email, said)
