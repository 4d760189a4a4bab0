"""A complete environment for production settings with values of the moment that reach nobody: for builds and checks."""

import secrets


def environment() -> dict[str, str]:
    """Every variable production asks for; nothing of it is written anywhere."""
    return {
        "PORTAL_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "PORTAL_ORIGIN": "https://portal.invalid",
        "ALLOWED_HOSTS": "portal.invalid",
        "TRUSTED_PROXY_COUNT": "1",
        "DATABASE_URL": f"postgres://portal_app:{secrets.token_hex(8)}@postgres.invalid/portal",
        "REDIS_URL": f"redis://:{secrets.token_hex(8)}@valkey.invalid:6379",
        "STRIPE_API_KEY": "sk_live_" + secrets.token_hex(8),
        "STRIPE_WEBHOOK_SECRET": "whsec_" + secrets.token_hex(8),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_URL": "smtp://mail.invalid:25",
        "DEFAULT_FROM_EMAIL": "Refill <hello@portal.invalid>",
        "ALARM_EMAILS": "operations@portal.invalid",
        "SMS_CHANNEL": "notifications.channels.sms.SmsChannel",
        "SMS_API_URL": "https://sms.invalid/messages",
        "SMS_API_ACCOUNT": "AC" + secrets.token_hex(8),
        "SMS_API_KEY": secrets.token_hex(8),
        "CORE_API_URL": "https://core.invalid",
        "CORE_API_KEY": secrets.token_hex(8),
        "MSISDN_PREFIXES": "+4917604069",
    }
