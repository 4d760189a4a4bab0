"""What somebody agrees to when registering; a form of its own, because allauth builds its sign-up form upon it."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, Subscriber
from lib import clock
from lib.brand import brand

KINDS = ("terms", "privacy")


class ConsentForm(forms.Form):
    terms = forms.BooleanField(
        label=_("I accept the terms and have read the privacy notice."),
        error_messages={"required": _("Tick the box to accept the terms.")},
    )

    def signup(self, request: HttpRequest, user: Subscriber) -> None:
        """Store the versions that were shown. `request` tells the language they read."""
        user.language = request.LANGUAGE_CODE
        user.save(update_fields=["language"])
        versions = brand().versions
        Consent.objects.bulk_create(
            Consent(subscriber=user, kind=kind, text_version=versions[kind], given_at=clock.now()) for kind in KINDS
        )
