"""Signing in, messages, and what we keep."""

from django.utils.translation import gettext_lazy as _

from support.articles.article import Article, Link
from support.models import Topic

ARTICLES = (
    Article(
        slug="code-does-not-come",
        topic=Topic.ACCOUNT,
        title=_("The code by SMS does not come"),
        says=(
            _("Wait half a minute, then ask for a new one. Only the newest code works, for a few minutes."),
            _("Check that the SIM is in this phone and has reception. Abroad it can take a minute."),
            _(
                "A number that is not ours gets no code. After several tries we pause for an hour, so that nobody is flooded."
            ),
            _("You can also sign in with e-mail and password."),
        ),
        also=_("SMS code, verification, OTP, cannot sign in, login, no text message, confirmation code"),
        links=(Link("account_login", _("Sign in")),),
        fits=("page:account_login",),
    ),
    Article(
        slug="forgotten-password",
        topic=Topic.ACCOUNT,
        title=_("I have forgotten my password"),
        says=(
            _("Ask for a new one on the sign-in page: we send a code to your e-mail address."),
            _("No access to that e-mail any more? Sign in with a code by SMS and change the address on your profile."),
            _("We never ask for your password or a code, neither by phone nor by e-mail."),
        ),
        also=_("password, reset, cannot sign in, locked out, login, e-mail lost"),
        links=(Link("account_reset_password", _("Choose a new password")),),
        fits=("page:account_login",),
    ),
    Article(
        slug="too-many-messages",
        topic=Topic.ACCOUNT,
        title=_("I get too many messages, or none"),
        says=(
            _(
                "You choose what we write by SMS and what by e-mail, kind by kind. Codes and what concerns money always come."
            ),
            _(
                "Nothing arrives? Look into the spam folder. If your mail provider has sent our mails back, your profile says so and lets you try again."
            ),
        ),
        also=_("notifications, spam, unsubscribe, reminders, e-mail not received, SMS stop"),
        links=(Link("message_choices", _("Choose your messages")),),
        fits=("page:message_choices",),
    ),
    Article(
        slug="delete-my-account",
        topic=Topic.ACCOUNT,
        title=_("How do I get or delete my data?"),
        says=(
            _("You can have all that we keep about you as a file, and you can have your account deleted."),
            _(
                "Spend or have paid out your credit first. What the law makes us keep about payments stays, without your name."
            ),
        ),
        also=_("delete account, close account, privacy, GDPR, export, erase, personal data"),
        links=(Link("my_data", _("Your data")), Link("privacy", _("What we keep and why"))),
        fits=("page:profile",),
    ),
)
