"""Environments for checks and tests: the shell's without our own variables, and a complete one for production."""

import os
import secrets

_OURS = (
    "ACCOUNT_", "ALARM_", "ALLOWED_", "BRAND_", "CACHE_", "CLOCK_", "CREDIT_", "DATABASE_", "DEBUG", "DEFAULT_FROM_", "DJANGO_", "EMAIL_",
    "HOME_REGION", "LOG_", "MSISDN_", "PAY_PAGE_", "PORTAL_", "REDIS_", "SANDBOX_", "SECRET_", "SMS_", "STATIC_", "STRIPE_", "TRUSTED_PROXY_",
)  # fmt: skip


def is_ours(name: str) -> bool:
    """Whether a variable is one the portal or the sandbox reads: tests must not hear the shell's."""
    return name.startswith(_OURS)


def shell_environment() -> dict[str, str]:
    """The shell's environment without anything of ours."""
    return {name: text for name, text in os.environ.items() if not is_ours(name)}


def production_environment() -> dict[str, str]:
    """Everything production asks for, with made-up values that reach nobody."""
    return {
        "PORTAL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "PORTAL_ORIGIN": "https://portal.example",
        "ALLOWED_HOSTS": "portal.example",
        "DATABASE_URL": f"postgres://portal_app:{secrets.token_hex(8)}@localhost/portal",
        "REDIS_URL": f"redis://:{secrets.token_hex(8)}@localhost:6379",
        "STRIPE_API_KEY": "sk_live_" + secrets.token_hex(8),
        "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(8),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_URL": "smtp://localhost:25",
        "DEFAULT_FROM_EMAIL": "Refill <hello@portal.example>",
        "ALARM_EMAILS": "operations@portal.example",
        "SMS_CHANNEL": "notifications.channels.http.HttpSmsChannel",
        "SMS_API_URL": "https://sms.example/messages",
        "SMS_API_KEY": secrets.token_hex(8),
        "MSISDN_PREFIXES": "+4917604069",
    }
