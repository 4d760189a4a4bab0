"""Staff choose longer passwords than subscribers."""

from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

SHORTEST = 15


class StaffPasswordValidator:
    """For AUTH_PASSWORD_VALIDATORS: holds wherever a password is set; says nothing about people who are not staff."""

    def validate(self, password: str, user: Any = None) -> None:
        if getattr(user, "is_staff", False) and len(password) < SHORTEST:
            raise ValidationError(self.get_help_text(), code="password_too_short_for_staff")

    def get_help_text(self) -> str:
        words = ngettext(
            "Staff need a password of at least %(count)s character.",
            "Staff need a password of at least %(count)s characters.",
            SHORTEST,
        )
        return words % {"count": SHORTEST}


class StaffPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """Two equal passwords that the validators let pass."""
