"""Contexts of the pages on which somebody changes how they sign in, adds passkeys, takes their data along, or goes."""

from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any

import segno
from django import forms
from django.utils.safestring import mark_safe

from portal.pages.leaving import LeaveForm
from tests.look import sample_forms
from tests.look.sample_back import NOW

DAY = timedelta(days=1)
KEY = "7WRG3Q5VUA6SLOLNMJ2P5BTWT73BOEFV"
TOTP_URL = f"otpauth://totp/anna%40refill.example?secret={KEY}&issuer=Refill"
HELD = NOW + DAY


class _PasskeyForm(forms.Form):
    name = forms.CharField(
        label="Name", required=False, help_text="To tell it from others.", initial="Chrome · Android"
    )
    passwordless = forms.BooleanField(label="Sign in with it alone", help_text="It asks for your finger.", initial=True)
    credential = forms.CharField(widget=forms.HiddenInput, required=False)


class _FactorForm(forms.Form):
    code = forms.CharField(label="Code", widget=forms.TextInput({"autocomplete": "one-time-code"}))
    secret = KEY

    def clean(self) -> None:
        self.add_error("code", "This code does not fit. Take the newest one, or one of your recovery codes.")


def _key(name: str, *, is_passwordless: bool = True, used: Any = NOW) -> Like:
    wrapped = Like(name=name, is_passwordless=is_passwordless)
    return Like(pk=7, wrap=wrapped, created_at=NOW - 40 * DAY, last_used_at=used)


def _factors() -> dict[str, Any]:
    keys = [
        _key("Anna’s phone"),
        _key("A security key with a name that is long enough to wrap", is_passwordless=False, used=None),
    ]
    codes = Like(get_unused_codes=["45811479"] * 3)
    return {"authenticators": {"webauthn": keys, "totp": Like(), "recovery_codes": codes}, "is_mfa_enabled": True}


def _challenge(form: str) -> dict[str, Any]:
    options = {"request_options": {"publicKey": {"challenge": "x", "allowCredentials": [{"id": "y"}]}}}
    return {"js_data": options, form: _PasskeyForm()}


def _other_ways() -> dict[str, Any]:
    ways = [Like(url="#", description="Use your password"), Like(url="#", description="Use a code")]
    return {"reauthentication_alternatives": ways}


def _app(data: dict[str, str] | None = None) -> dict[str, Any]:
    qr = mark_safe(segno.make(TOTP_URL).svg_inline(omitsize=True, border=2))
    return {"form": _FactorForm(data), "totp_svg": qr, "totp_url": TOTP_URL}


def _change(part: str) -> dict[str, Any]:
    return {"change": Like(part=part, changed_at=NOW, told_to="anna@refill.example")}


def _signing_in() -> dict[str, Any]:
    return {"form": sample_forms.SignInForm(), "signup_url": "#", "PASSKEY_LOGIN_ENABLED": True, "redirect_field": ""}


def pages(anna: Any, nobody: Any) -> dict[str, tuple[Any, ...]]:
    """Name -> template, context and who looks."""
    return _entrances(anna, nobody) | _own_factors(anna) | _undoing(nobody) | _own_data(anna, nobody)


def _entrances(anna: Any, nobody: Any) -> dict[str, tuple[Any, ...]]:
    factor = "mfa/authenticate.html"
    return {
        "sign-in-passkey": ("account/login.html", _signing_in, nobody),
        "second-step": (factor, lambda: {"form": _FactorForm()} | _challenge("webauthn_form"), nobody),
        "second-step-refused": (factor, lambda: {"form": _FactorForm({"code": "12"})}, nobody),
        "again": ("account/reauthenticate.html", lambda: {"form": sample_forms.PasswordForm()} | _other_ways(), anna),
        "again-code": ("mfa/reauthenticate.html", lambda: {"form": _FactorForm()} | _other_ways(), anna),
        "again-passkey": ("mfa/webauthn/reauthenticate.html", lambda: _challenge("form") | _other_ways(), anna),
        "number-change": (
            "account/phone_change.html",
            lambda: {"form": sample_forms.NumberForm(), "phone": anna.msisdn},
            anna,
        ),
    }


def _own_factors(anna: Any) -> dict[str, tuple[Any, ...]]:
    folder = "mfa/webauthn"
    codes = {
        "unused_codes": ["45811479", "46854457", "19869627"],
        "can_download_codes": True,
        "can_generate_codes": True,
    }
    pages: dict[str, tuple[Any, ...]] = {
        "factors-none": ("mfa/index.html", dict),
        "factors": ("mfa/index.html", _factors),
        "passkeys": (f"{folder}/authenticator_list.html", lambda: {"authenticators": [_key("Anna’s phone")]}),
        "passkeys-none": (f"{folder}/authenticator_list.html", dict),
        "passkey-add": (f"{folder}/add_form.html", lambda: {"form": _PasskeyForm(), "js_data": {}}),
        "passkey-rename": (f"{folder}/edit_form.html", lambda: {"form": _PasskeyForm()}),
        "passkey-remove": (
            f"{folder}/authenticator_confirm_delete.html",
            lambda: {"authenticator": _key("Anna’s phone")},
        ),
        "app-on": ("mfa/totp/activate_form.html", _app),
        "app-on-refused": ("mfa/totp/activate_form.html", lambda: _app({"code": "12"})),
        "app-off": ("mfa/totp/deactivate_form.html", lambda: {"form": forms.Form()}),
        "recovery-codes": ("mfa/recovery_codes/index.html", lambda: codes),
        "recovery-codes-used": ("mfa/recovery_codes/index.html", lambda: {"can_generate_codes": True}),
        "recovery-codes-new": (
            "mfa/recovery_codes/generate.html",
            lambda: {"form": forms.Form(), "unused_code_count": 3},
        ),
    }
    return {name: (*page, anna) for name, page in pages.items()}


def _undoing(nobody: Any) -> dict[str, tuple[Any, ...]]:
    folder = "accounts/changing"
    return {
        "not-me-email": (f"{folder}/not_me.html", lambda: _change("email"), nobody),
        "not-me-factor": (f"{folder}/not_me.html", lambda: _change("factor"), nobody),
        "not-me-undone": (f"{folder}/undone.html", lambda: {"email": "anna@refill.example"}, nobody),
        "not-me-taken": (f"{folder}/undone.html", dict, nobody),
        "not-me-late": (f"{folder}/too_late.html", dict, nobody),
    }


def _leaving(data: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    form = LeaveForm("anna@refill.example", data)
    return {"form": form, "wish": None, "keep_url": "#", "obstacles": [], "lines": [Like()], "days": 7} | more


def _own_data(anna: Any, nobody: Any) -> dict[str, tuple[Any, ...]]:
    leave = "portal/my_data/leave.html"
    tables = [Like(title=title) for title in ("You", "Your lines", "Orders", "Every use", "What we wrote to you")]
    obstacles = [("Order R7K2-MQ4D is not done yet.", "#"), ("Money is on its way back to you.", "")]
    return {
        "my-data": ("portal/my_data/my_data.html", lambda: {"tables": tables}, anna),
        "leave": (leave, _leaving, anna),
        "leave-refused": (leave, lambda: _leaving({"email": "other@refill.example"}), anna),
        "leave-not-yet": (leave, lambda: _leaving(obstacles=obstacles, lines=[]), anna),
        "leave-asked": (leave, lambda: _leaving(wish=Like(due_at=NOW + 7 * DAY)), anna),
        "keep": ("portal/my_data/keep.html", lambda: {"wish": Like(due_at=NOW + 7 * DAY)}, nobody),
    }
