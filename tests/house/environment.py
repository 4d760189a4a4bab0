"""The shell's environment without our own variables, for checks and tests."""

import os

_OURS = (
    "ACCOUNT_", "ALARM_", "ALLOWED_", "BRAND_", "CACHE_", "CLOCK_", "CORE_", "CREDIT_", "DATABASE_", "DEBUG", "DEFAULT_FROM_", "DJANGO_", "EMAIL_",
    "HOME_REGION", "LOG_", "MSISDN_", "PAY_PAGE_", "PORTAL_", "REDIS_", "SANDBOX_", "SECRET_", "SMS_", "STATIC_", "STRIPE_", "TOP_UP", "TRUSTED_PROXY_",
    "USAGE_",
)  # fmt: skip


def is_ours(name: str) -> bool:
    """Whether a variable is one the portal or the sandbox reads: tests must not hear the shell's."""
    return name.startswith(_OURS)


def shell_environment() -> dict[str, str]:
    """The shell's environment without anything of ours."""
    return {name: text for name, text in os.environ.items() if not is_ours(name)}
