"""Plans, credit, and what happens when they end."""

from django.utils.translation import gettext_lazy as _

from support.articles.article import Article, Link
from support.models import Topic

ARTICLES = (
    Article(
        slug="renew-early",
        topic=Topic.PLAN,
        title=_("Do I lose anything if I renew early?"),
        says=(
            _("No. The new plan waits until the running one has ended, to the second. Nothing is lost."),
            _(
                "If your data is used up you can start the new plan at once instead. Then the rest of the running one ends, and you see what is lost before you pay."
            ),
            _("What is paid and has not begun can be cancelled or changed until a day before it begins."),
        ),
        also=_("extend, renewal, queue, next plan, before it ends, start now"),
        links=(Link("plan_list", _("See the plans")), Link("queue", _("What comes next"))),
        fits=("page:plan_list", "page:queue", "page:dashboard"),
    ),
    Article(
        slug="renew-by-itself",
        topic=Topic.PLAN,
        title=_("How does auto-renew work, and how do I stop it?"),
        says=(
            _("It is off until you switch it on. You are told a week ahead what will be taken, when, and with what."),
            _("Switch it off with one tap whenever you like. What is paid already stays yours."),
            _(
                "If a payment does not work, we tell you at once and try again for three days. You can repair it from the mail."
            ),
        ),
        also=_("subscription, automatic, auto renew, stop, cancel, taken from my card"),
        links=(Link("auto_renew", _("Auto-renew of your number")),),
        fits=("page:auto_renew", "page:ways_to_pay"),
    ),
    Article(
        slug="what-is-grace",
        topic=Topic.PLAN,
        title=_("What happens to my number when I do nothing?"),
        says=(
            _(
                "After your last plan, top-up and use it goes on working for months. Then it only receives calls and texts, then it is suspended, and at last it is given up. Home shows the day of each."
            ),
            _(
                "Any top-up or renewal brings it back at once, as long as it is not given up. Your credit is kept all the time."
            ),
            _("We write to you before each of these steps."),
        ),
        also=_("expired, inactive, grace, suspended, lose my number, keep my number, only receives, deactivated"),
        links=(Link("dashboard", _("See your number")), Link("top_up", _("Top up credit"))),
    ),
    Article(
        slug="credit-is-gone",
        topic=Topic.PLAN,
        title=_("Where did my credit go?"),
        says=(
            _("Tap the credit on home: you see every entry that makes it, and they add up."),
            _("Without a plan, or where your plan does not reach, data, minutes and texts are paid from credit."),
            _("You can switch that off: then use stops when an allowance is used up, and your credit is kept."),
        ),
        also=_("balance, money missing, charged, pay as you go, deducted, too expensive"),
        links=(Link("credit", _("Every entry of your credit")), Link("usage", _("What was used"))),
        fits=("page:credit",),
    ),
    Article(
        slug="gift-data",
        topic=Topic.PLAN,
        title=_("Can I give data to somebody?"),
        says=(
            _("Yes: from what is left of your plan, in steps of half a gigabyte, to another of our numbers."),
            _("It is there at once. What was given cannot be given on."),
        ),
        also=_("gift, share data, transfer data, send gigabytes, family"),
        links=(Link("gifts", _("Give data")),),
    ),
    Article(
        slug="sharing-group",
        topic=Topic.PLAN,
        title=_("How do several numbers use one plan?"),
        says=(
            _("Make a sharing group and invite the other numbers. Each of them has to say yes."),
            _("You choose how much each may use, and see the sum. Nobody sees where others were or whom they called."),
        ),
        also=_("group, invite, family plan, children, share, members, limit"),
        links=(Link("group", _("Your sharing group")),),
    ),
)
