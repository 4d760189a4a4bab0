"""The person who signs in."""

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from lib.msisdn import E164_PATTERN

if TYPE_CHECKING:
    from accounts.models.line import LineQuerySet


class SubscriberManager(BaseUserManager["Subscriber"]):
    """Makes subscribers; an empty e-mail stays empty, a number is stored only once it is proven."""

    def create_user(self, *, email: str = "", password: str | None = None, **fields: Any) -> "Subscriber":
        subscriber = self.model(email=self.normalize_email(email), **fields)
        subscriber.set_password(password)
        subscriber.save(using=self._db)
        return subscriber

    def create_superuser(self, *, email: str, password: str | None = None, **fields: Any) -> "Subscriber":
        return self.create_user(email=email, password=password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Subscriber":
        return self.get(email__iexact=username)


class Subscriber(AbstractBaseUser, PermissionsMixin):
    """The auth user. `msisdn` is the proven sign-in number; an unproven one waits in `msisdn_pending`, which blocks nobody.

    `sign_in_changed_at` (real time): when e-mail, number or password last became another; `accounts.hold` asks for it.
    """

    email = models.EmailField(_("e-mail"), blank=True)
    msisdn = models.CharField(_("mobile number"), max_length=16, null=True, blank=True, unique=True)
    msisdn_pending = models.CharField(_("mobile number not yet proven"), max_length=16, blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Berlin")
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sign_in_changed_at = models.DateTimeField(_("sign-in changed"), null=True, blank=True, editable=False)

    objects: ClassVar[SubscriberManager] = SubscriberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="subscriber_email_unique", condition=~models.Q(email="")),
            models.CheckConstraint(
                name="subscriber_msisdn_e164",
                condition=models.Q(msisdn=None) | models.Q(msisdn__regex=E164_PATTERN),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="subscriber_sign_in_changed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__email__df=pgtrigger.F("new__email"))
                | pgtrigger.Q(old__msisdn__df=pgtrigger.F("new__msisdn")),
                func="""
                    IF (OLD.email <> '' AND lower(OLD.email) <> lower(NEW.email))
                        OR (OLD.msisdn IS NOT NULL AND OLD.msisdn IS DISTINCT FROM NEW.msisdn) THEN
                        NEW.sign_in_changed_at = clock_timestamp();
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"

    @property
    def lines(self) -> "LineQuerySet":
        """The lines this person owns now; the only way from a request to a line."""
        from accounts.models.line import Line

        return Line.objects.owned_by(self)
