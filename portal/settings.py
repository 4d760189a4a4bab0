"""All settings, in sections, every value from the environment.

Development and test have defaults; production has none for what must be chosen. Every missing, malformed or unsafe value is
reported at once, so that an operator repairs the environment in one go.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvValidationError

from lib.logging import logging_settings
from portal.environment import broker_url, cache_url, own_problems, production_problems

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(eager=False)

# --- Which installation this is -------------------------------------------------------------------------------------------
ENVIRONMENT: str = env.str("PORTAL_ENV", "development")
PRODUCTION = ENVIRONMENT == "production"
TESTING = ENVIRONMENT == "test"
DEBUG: bool = env.bool("DEBUG", False)


def chosen(name: str, development: str) -> str:
    """A value that production must choose; elsewhere `development` will do."""
    return env.str(name) if PRODUCTION else env.str(name, development)


def chosen_list(name: str, development: list[str]) -> list[str]:
    """As `chosen`, separated by commas."""
    found: list[str] = env.list(name) if PRODUCTION else env.list(name, development)
    return found


# --- Secrets and addresses ------------------------------------------------------------------------------------------------
SECRET_KEY: str = chosen("SECRET_KEY", "development-only-key-that-production-refuses-" + "x" * 12)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
PORTAL_ORIGIN: str = chosen("PORTAL_ORIGIN", "http://localhost:8000")
ALLOWED_HOSTS: list[str] = chosen_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [PORTAL_ORIGIN or "http://localhost"]
TRUSTED_PROXY_COUNT: int = env.int("TRUSTED_PROXY_COUNT", 0)

# --- Applications ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portal",
    "network",
    "billing",
    "plans",
    "accounts",
    "provisioning",
    "notifications",
    "lib",
    "portal.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "django_cotton",
    "django_htmx",
    "lucide",
    "csp",
    "health_check",
]

MIDDLEWARE = [
    "lib.logging.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ReaderMiddleware",
    "accounts.middleware.TooOftenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["lib.templatetags.formats", "lucide.templatetags.lucide"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.brand.brand_context",
            ],
        },
    },
]

# --- Postgres: the truth --------------------------------------------------------------------------------------------------
_database: dict[str, Any] = dict(
    (
        env.dj_db_url("DATABASE_URL")
        if PRODUCTION
        else env.dj_db_url("DATABASE_URL", "postgres://portal@localhost/portal")
    )
    or {}
)
_database["OPTIONS"] = {
    **_database.get("OPTIONS", {}),
    "options": "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=60000",
}
if _pool := env.int("DATABASE_POOL_MAX", 0):
    _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool}
else:
    _database.update(CONN_MAX_AGE=0 if TESTING else 60, CONN_HEALTH_CHECKS=True)
DATABASES = {"default": _database}
PG_BIN: str = env.str("PG_BIN", "")

# --- Valkey or Redis: wakes workers up, counts tries ----------------------------------------------------------------------
REDIS_URL: str = chosen("REDIS_URL", "redis://localhost:6379")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": env.str("CACHE_PREFIX", "portal"),
    }
}
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "visibility_timeout": 900,
    # A broker that is away is tried once more and then left to the sweeps: nobody's request waits for it.
    "max_retries": 1,
    "interval_start": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False

# --- Signing in -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Subscriber"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.staff.passwords.StaffPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"phone", "email"}
ACCOUNT_SIGNUP_FIELDS = ["phone*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PHONE_VERIFICATION_MAX_RESEND_COUNT = 2
ACCOUNT_PHONE_VERIFICATION_MAX_CHANGE_COUNT = 1
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True  # a new address takes the place of the old one
ACCOUNT_FORMS = {"login": "accounts.forms.LoginForm", "signup": "accounts.forms.RegisterForm"}
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.consent_form.ConsentForm"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
SMS_CODES_PER_NUMBER_HOUR: int = env.int("SMS_CODES_PER_NUMBER_HOUR", 5)
SMS_CODES_PER_NUMBER_DAY: int = env.int("SMS_CODES_PER_NUMBER_DAY", 10)
SMS_CODES_PER_ADDRESS_HOUR: int = env.int("SMS_CODES_PER_ADDRESS_HOUR", 60)
SMS_CODES_PER_PREFIX_HOUR: int = env.int("SMS_CODES_PER_PREFIX_HOUR", 120)
SMS_CODES_PER_DAY: int = env.int("SMS_CODES_PER_DAY", 20_000)
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
# Subscribers share addresses behind carriers; what one number may cost is counted in accounts/sms_limits.py.
# A change that waits for the password counts twice: when it is asked for and when it is carried out.
ACCOUNT_RATE_LIMITS = {"verify_phone": "60/m/ip", "change_phone": "5/m/user"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1

# --- Cookies and headers --------------------------------------------------------------------------------------------------
_secure = bool(PORTAL_ORIGIN) and PORTAL_ORIGIN.startswith("https://")
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "__Host-session" if _secure else "session"
SESSION_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrf" if _secure else "csrf"
CSRF_COOKIE_SECURE = _secure
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "__Host-language" if _secure else "language"
LANGUAGE_COOKIE_SECURE = _secure
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _secure
SECURE_REDIRECT_EXEMPT = [r"^healthz(/worker)?$"]
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_HSTS_PRELOAD = _secure
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "display-capture")
}

# --- The gateway: Stripe, or the sandbox that speaks like it --------------------------------------------------------------
STRIPE_API_KEY: str = chosen("STRIPE_API_KEY", "sk_test_sandbox")
STRIPE_WEBHOOK_SECRET: str = chosen("STRIPE_WEBHOOK_SECRET", "whsec_sandbox")
SANDBOX_URL: str = env.str("SANDBOX_URL", "" if PRODUCTION else "http://127.0.0.1:8001")
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", SANDBOX_URL if STRIPE_API_KEY == "sk_test_sandbox" else "")
PAY_PAGE_ORIGIN: str = env.str("PAY_PAGE_ORIGIN", STRIPE_API_BASE or "https://checkout.stripe.com")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF, PAY_PAGE_ORIGIN],
        "frame-ancestors": [NONE],
    }
}

# --- Messages out ---------------------------------------------------------------------------------------------------------
EMAIL_BACKEND: str = chosen("EMAIL_BACKEND", "notifications.channels.inbox.InboxEmailBackend")
_email: dict[str, Any] = env.dj_email_url("EMAIL_URL", "smtp://localhost:25") or {}
EMAIL_HOST = _email.get("EMAIL_HOST", "")
EMAIL_PORT = _email.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
#: For a mail provider's API (EMAIL_BACKEND=anymail.backends.….EmailBackend): its settings by their names in django-anymail.
ANYMAIL: dict[str, Any] = {
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
    **{name.removeprefix("ANYMAIL_"): told for name, told in os.environ.items() if name.startswith("ANYMAIL_")},
}
#: Its view for delivery reports, as anymail.webhooks.mailgun.MailgunTrackingWebhookView; the provider posts to /webhooks/mail/.
MAIL_REPORTS: str = env.str("MAIL_REPORTS", "")
DEFAULT_FROM_EMAIL: str = chosen("DEFAULT_FROM_EMAIL", "Refill <hello@refill.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ALARM_EMAILS: list[str] = chosen_list("ALARM_EMAILS", ["operations@refill.example"])
SMS_CHANNEL: str = chosen("SMS_CHANNEL", "notifications.channels.inbox.InboxSmsChannel")
SMS_SENDER: str = env.str("SMS_SENDER", "Refill")
SMS_WINDOW: int = env.int("SMS_WINDOW", 16)
SMS_API_URL: str = env.str("SMS_API_URL", "")
SMS_API_ACCOUNT: str = env.str("SMS_API_ACCOUNT", "")
SMS_API_KEY: str = env.str("SMS_API_KEY", "")
SMS_SECOND_API_URL: str = env.str("SMS_SECOND_API_URL", "")
SMS_SECOND_API_ACCOUNT: str = env.str("SMS_SECOND_API_ACCOUNT", "")
SMS_SECOND_API_KEY: str = env.str("SMS_SECOND_API_KEY", "")

# --- The operator's core: is told what was granted ------------------------------------------------------------------------
CORE_ADAPTER: str = env.str("CORE_ADAPTER", "provisioning.core.http.HttpCore")
CORE_API_URL: str = chosen("CORE_API_URL", f"{SANDBOX_URL}/core")
CORE_API_KEY: str = chosen("CORE_API_KEY", "sandbox")
CORE_WINDOW: int = env.int("CORE_WINDOW", 8)

# --- The operator ---------------------------------------------------------------------------------------------------------
BRAND_DIR = Path(env.str("BRAND_DIR", str(BASE_DIR / "brand")))
HOME_REGION: str = env.str("HOME_REGION", "DE")
MSISDN_PREFIXES: list[str] = chosen_list("MSISDN_PREFIXES", ["+4917604069"])
VOUCHER_OLD_KEYS: list[str] = env.list("VOUCHER_OLD_KEYS", [])
VOUCHER_TRIES_PER_ACCOUNT_HOUR: int = env.int("VOUCHER_TRIES_PER_ACCOUNT_HOUR", 10)
VOUCHER_TRIES_PER_ADDRESS_HOUR: int = env.int("VOUCHER_TRIES_PER_ADDRESS_HOUR", 60)
VOUCHER_TRIES_PER_HOUR: int = env.int("VOUCHER_TRIES_PER_HOUR", 1000)
GROUP_MEMBERS_AT_MOST: int = env.int("GROUP_MEMBERS_AT_MOST", 5)
GROUP_TRIES_PER_ACCOUNT_HOUR: int = env.int("GROUP_TRIES_PER_ACCOUNT_HOUR", 10)
GROUP_TRIES_PER_ADDRESS_HOUR: int = env.int("GROUP_TRIES_PER_ADDRESS_HOUR", 60)
GROUP_TRIES_PER_HOUR: int = env.int("GROUP_TRIES_PER_HOUR", 1000)
FOR_OTHERS_PER_ADDRESS_HOUR: int = env.int("FOR_OTHERS_PER_ADDRESS_HOUR", 20)
FOR_OTHERS_PER_EMAIL_HOUR: int = env.int("FOR_OTHERS_PER_EMAIL_HOUR", 10)
FOR_OTHERS_PER_HOUR: int = env.int("FOR_OTHERS_PER_HOUR", 1000)
FOR_OTHERS_PER_DAY: int = env.int("FOR_OTHERS_PER_DAY", 10)
PAYMENT_METHODS: list[str] = env.list("PAYMENT_METHODS", ["card", "paypal", "transfer"])
TRANSFER_COUNTRY: str = env.str("TRANSFER_COUNTRY", "DE")
CREDIT_TOP_UP_MINOR: list[int] = env.list("CREDIT_TOP_UP_MINOR", [500, 1000, 2000, 5000], subcast=int)
#: Who may hand in usage over HTTP: its name and its key.
USAGE_KEYS: dict[str, str] = env.dict("USAGE_KEYS", {})
#: So many whole months beside the running one each single use is kept; what a day came to is kept.
USAGE_KEPT_MONTHS: int = env.int("USAGE_KEPT_MONTHS", 6)
#: Who may hand in top-ups over HTTP: its name and its key.
TOP_UP_KEYS: dict[str, str] = env.dict("TOP_UP_KEYS", {})
#: The smallest and the largest credit they may sell at once.
TOP_UP_BOUNDS_MINOR: list[int] = env.list("TOP_UP_BOUNDS_MINOR", [100, 20_000], subcast=int)
TOP_UPS_PER_MINUTE: int = env.int("TOP_UPS_PER_MINUTE", 600)
#: A till that was offline may tell us so long after it was paid.
TOP_UP_OLDEST_DAYS: int = env.int("TOP_UP_OLDEST_DAYS", 7)
#: So long after we heard of it a seller may take back what nobody has used; 0: never.
TOP_UP_REVERSIBLE_HOURS: int = env.int("TOP_UP_REVERSIBLE_HOURS", 24)
ADJUST_LIMIT_MINOR_AGENT: int = env.int("ADJUST_LIMIT_MINOR_AGENT", 1000)
ADJUST_LIMIT_MINOR_FINANCE: int = env.int("ADJUST_LIMIT_MINOR_FINANCE", 10_000)
BOOKS_TIME_ZONE: str = env.str("BOOKS_TIME_ZONE", "UTC")

# --- Clock ----------------------------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
CLOCK_FILE: str = env.str("CLOCK_FILE", "")
#: With it the sandbox, when it moves the clock, has everything done at once that the schedule would find.
CLOCK_KEY: str = env.str("CLOCK_KEY", "")
READER_TIME_ZONE: str = env.str("READER_TIME_ZONE", "Europe/Berlin")

# --- Languages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "var" / "static")
STATICFILES_DIRS = [BASE_DIR / "static", BRAND_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Logs -----------------------------------------------------------------------------------------------------------------
LOG_LEVEL: str = env.str("LOG_LEVEL", "WARNING" if TESTING else "INFO")
LOGGING = logging_settings(level=LOG_LEVEL, as_json=PRODUCTION)
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique without regard to case, by a constraint on Lower(email)

# --- Everything wrong, said at once ---------------------------------------------------------------------------------------
_problems: list[str] = []
try:
    env.seal()
except EnvValidationError as error:
    _found: Any = error.error_messages  # `seal` gives a dict; the type leaves a list open
    _problems += [f"{name}: {' '.join(messages)}" for name, messages in _found.items()]
if ENVIRONMENT not in {"development", "test", "production"}:
    _problems.append("PORTAL_ENV: choose development, test or production")
if PORTAL_ORIGIN and urlsplit(PORTAL_ORIGIN).path:
    _problems.append("PORTAL_ORIGIN: scheme and host only, without a path")
_problems += own_problems(globals())
if PRODUCTION:
    _problems += production_problems(globals())
if _problems:
    raise ImproperlyConfigured(
        "The environment cannot be used:\n" + "\n".join(f"  {line}" for line in sorted(_problems))
    )
