"""Passkeys, codes from an app and recovery codes: what allauth asks of the installation."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import segno
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.brand import brand
from lib.templatetags.formats import browser


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are kept encrypted; passkeys belong to the portal's own host, whatever host a request names."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code does not fit. Take the newest one, or one of your recovery codes."),
        "unverified_email": gettext_lazy("Prove your e-mail address first; then you can add a second factor."),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> SafeString:
        code = segno.make(url, error="m", boost_error=False, micro=False)
        return mark_safe(code.svg_inline(omitsize=True, border=2))  # noqa: S308  our own address

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:  # noqa: A002, ARG002  allauth's signature
        """The browser it is made in: what its owner will know it by."""
        agent = context.request.headers.get("User-Agent", "") if context.request else ""
        return browser(agent) or _("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.PORTAL_ORIGIN).hostname or "", "name": brand().name}

    def _get_site_name(self) -> str:
        return brand().name


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [hashlib.blake2b(key.encode(), digest_size=32, person=b"second-factor").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
