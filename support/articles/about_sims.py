"""SIM cards, eSIMs, phones and the number itself."""

from django.utils.translation import gettext_lazy as _

from support.articles.article import Article, Link
from support.models import Topic

ARTICLES = (
    Article(
        slug="install-an-esim",
        topic=Topic.SIM,
        title=_("How do I install an eSIM?"),
        says=(
            _(
                "You need a connection: use Wi-Fi. Open the eSIM’s page on another screen, and scan its QR code with the phone’s camera or in its settings."
            ),
            _("No second screen? Type the code below the picture into the phone’s settings instead."),
            _(
                "An eSIM can be installed once. Do not delete it before you move to another phone; ask for a new one first."
            ),
        ),
        also=_("eSIM, QR code, digital SIM, activate, new phone, profile, activation code"),
        links=(Link("devices", _("SIMs and devices")),),
    ),
    Article(
        slug="lost-phone",
        topic=Topic.SIM,
        title=_("My phone or SIM is lost or stolen"),
        says=(
            _("Block the SIM at once: nobody can call or use data with it. Your number, plan and credit are kept."),
            _("Then change your password, and end the sessions you do not know on your profile."),
            _("A new SIM or eSIM brings the same number back, with everything on it."),
        ),
        also=_("stolen, lost SIM, block, broken SIM, replacement, theft, PUK, PIN locked"),
        links=(Link("devices", _("Block or replace a SIM")), Link("usersessions_list", _("Where you are signed in"))),
    ),
    Article(
        slug="change-the-number",
        topic=Topic.SIM,
        title=_("I have a new number. What do I change?"),
        says=(
            _("The number you sign in with is changed on your profile; we send a code by SMS to the new one."),
            _(
                "That moves no plan and no credit: they belong to the line. Add the new number as another line to see it here."
            ),
            _("For safety, credit cannot be paid out on the day after such a change."),
        ),
        also=_("new number, other SIM, sign-in number, second line, add number, switch number"),
        links=(
            Link("account_change_phone", _("Change the number you sign in with")),
            Link("line_add", _("Add another line")),
        ),
        fits=("page:profile",),
    ),
)
