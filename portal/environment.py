"""What the environment may hold: addresses turned into what Django and Celery want, and what production refuses."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from environs import Env, EnvValidationError


def malformed(env: Env) -> list[str]:
    """What `env` could not read, a line each; nothing more is read by it."""
    try:
        env.seal()
    except EnvValidationError as error:
        found: Any = error.error_messages  # `seal` gives a dict; the type leaves a list open
        return [f"{name}: {' '.join(messages)}" for name, messages in found.items()]
    return []


def cache_url(redis_url: str | None) -> str:
    """Django's cache keeps to database 1, so that clearing it never touches the broker."""
    url = redis_url or ""
    return f"{url}?db=1" if url.startswith("unix:") else f"{url.rstrip('/')}/1"


def broker_url(redis_url: str | None) -> str:
    """Celery spells a unix socket `redis+socket://`; it keeps to database 0."""
    url = redis_url or ""
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix:") else f"{url.rstrip('/')}/0"


def own_problems(settings: Mapping[str, Any]) -> list[str]:
    """What no installation can work with, a line each."""
    bounds = settings["TOP_UP_BOUNDS_MINOR"] or [1, 1]  # missing: the reader has said so
    found = {
        "TOP_UP_BOUNDS_MINOR: two amounts, the smaller one first": len(bounds) != 2 or not 0 < bounds[0] <= bounds[1],
        "USAGE_KEYS: name=key, names of small letters, digits and hyphens": _has_odd_names(settings["USAGE_KEYS"]),
        "TOP_UP_KEYS: name=key, names of small letters, digits and hyphens": _has_odd_names(settings["TOP_UP_KEYS"]),
    }
    found["REPLY_ADDRESS: the mail box that MAIL_REPLIES reads, as reply@in.operator.example"] = _half_told(
        settings["REPLY_ADDRESS"], settings["MAIL_REPLIES"]
    )
    return [line for line, is_bad in found.items() if is_bad]


def _half_told(address: str | None, reader: str | None) -> bool:
    """Replies need both: an address people answer to, and somebody who reads what comes there."""
    return bool(address) != bool(reader) or (bool(address) and "@" not in (address or ""))


def _has_odd_names(keys: Mapping[str, str] | None) -> bool:
    return any(not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name) for name in keys or {})


def production_problems(settings: Mapping[str, Any]) -> list[str]:
    """Each unsafe value as a line `NAME: what to do`. Missing ones are reported by the reader already."""
    origin = settings["PORTAL_ORIGIN"] or ""
    found = {
        "DEBUG: must be off": settings["DEBUG"],
        "SECRET_KEY: at least 50 characters that nobody else has": _weak(settings["SECRET_KEY"]),
        "PORTAL_ORIGIN: must start with https://": origin and not origin.startswith("https://"),
        "ALLOWED_HOSTS: name the hosts, not *": "*" in (settings["ALLOWED_HOSTS"] or []),
        "STRIPE_API_KEY: a live key (sk_live_ or rk_live_) is needed": _not_live(settings["STRIPE_API_KEY"]),
        "STRIPE_WEBHOOK_SECRET: this is the sandbox's": settings["STRIPE_WEBHOOK_SECRET"] == "whsec_sandbox",  # noqa: S105  the one nobody may use
        "STRIPE_API_BASE: production speaks to Stripe itself": settings["STRIPE_API_BASE"],
        "SANDBOX_URL: there is no sandbox in production": settings["SANDBOX_URL"],
        "CLOCK_FILE: the clock cannot be moved in production": settings["CLOCK_FILE"],
        "CLOCK_KEY: the clock cannot be moved in production": settings["CLOCK_KEY"],
        "USAGE_KEYS: network's is the sandbox's": "sandbox-usage" in (settings["USAGE_KEYS"] or {}).values(),
        "EMAIL_BACKEND: the sandbox's inbox reaches nobody": _to_inbox(settings["EMAIL_BACKEND"]),
        "SMS_CHANNEL: the sandbox's inbox reaches nobody": _to_inbox(settings["SMS_CHANNEL"]),
        "CORE_API_URL: this is the sandbox's": _is_sandbox_core(settings["CORE_API_URL"]),
        "CORE_API_KEY: this is the sandbox's": settings["CORE_API_KEY"] == "sandbox",
        "REDIS_URL: needs a password, TLS or a unix socket": _open_redis(settings["REDIS_URL"]),
        "USAGE_KEYS: 24 characters at least, each source another": _has_weak_keys(settings["USAGE_KEYS"]),
        "TOP_UP_KEYS: 24 characters at least, each source another": _has_weak_keys(settings["TOP_UP_KEYS"]),
        "ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY: this is the sandbox's": _signs_as_sandbox(settings["ANYMAIL"]),
        "DATABASE_URL: needs a password": _open_database(settings["DATABASES"]["default"]),
    }
    return [line for line, is_bad in found.items() if is_bad]


def _weak(secret: str | None) -> bool:
    return secret is not None and (len(secret) < 50 or len(set(secret)) < 5 or "development-only" in secret)


def _has_weak_keys(keys: Mapping[str, str] | None) -> bool:
    """Whoever knows such a key makes money: it must not be guessed, nor tell two sellers apart by luck."""
    own = list((keys or {}).values())
    return any(len(key) < 24 for key in own) or len(set(own)) < len(own)


def _not_live(key: str | None) -> bool:
    return key is not None and not key.startswith(("sk_live_", "rk_live_"))


def _signs_as_sandbox(anymail: Mapping[str, Any]) -> bool:
    return anymail.get("MAILGUN_WEBHOOK_SIGNING_KEY") == "sandbox-replies"


def _to_inbox(dotted: str | None) -> bool:
    return dotted is not None and dotted.startswith("notifications.channels.inbox")


def _is_sandbox_core(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.hostname in {"127.0.0.1", "localhost", "::1"} and parts.path.rstrip("/") == "/core"


def _open_redis(url: str | None) -> bool:
    return url is not None and not url.startswith(("unix:", "rediss:")) and not urlsplit(url).password


def _open_database(database: Mapping[str, Any]) -> bool:
    return bool(database.get("HOST")) and not str(database["HOST"]).startswith("/") and not database.get("PASSWORD")
