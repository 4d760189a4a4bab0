"""Data, calls and texts, at home and abroad."""

from django.utils.translation import gettext_lazy as _

from support.articles.article import Article, Link
from support.models import Topic

ARTICLES = (
    Article(
        slug="no-data-though-data-left",
        topic=Topic.DATA,
        title=_("I have data left, but nothing loads"),
        says=(
            _("Switch flight mode on, wait ten seconds, switch it off. That alone helps most of the time."),
            _("Check that mobile data is on, and for the right SIM if your phone has two."),
            _(
                "Abroad, data roaming has to be on. On “Where it works” you see whether your plan reaches the country you are in."
            ),
            _(
                "Still nothing? Compare the access point (APN) in your phone with the one we use, then start the phone again."
            ),
        ),
        also=_("no internet, slow, not working, no connection, mobile data, no network, no signal, 4G, 5G"),
        links=(Link("usage", _("What is left")), Link("world", _("Where it works"))),
        fits=("page:usage", "page:dashboard"),
    ),
    Article(
        slug="set-up-the-apn",
        topic=Topic.DATA,
        title=_("How do I set the access point (APN)?"),
        says=(
            _("Phones set it by themselves when the SIM is put in. Only if data does not work, look at it."),
            _(
                "Android: Settings, Network, Mobile network, Access points. iPhone: Settings, Mobile data, Mobile data network."
            ),
            _(
                "Remove what another operator has left there, and start the phone again. Our support tells you the name for your SIM."
            ),
        ),
        also=_("APN, settings, access point name, configuration, internet settings, MMS"),
        links=(Link("devices", _("SIMs and devices")),),
    ),
    Article(
        slug="prices-abroad",
        topic=Topic.DATA,
        title=_("What does it cost in another country?"),
        says=(
            _(
                "Look the country up on “Where it works”: you see what your plan covers there, and what the rest costs from credit."
            ),
            _(
                "In the countries of your plan you use data, minutes and texts as at home. Some plans cap the data there."
            ),
            _("You are never charged beyond your credit: when it is used up, it stops."),
        ),
        also=_("roaming, travel, holiday, abroad, price per minute, price per MB, zone, country"),
        links=(Link("world", _("Where it works")),),
        fits=("page:world", "page:world_country"),
    ),
    Article(
        slug="data-used-up",
        topic=Topic.DATA,
        title=_("My data is used up, but the plan still runs"),
        says=(
            _("Take an add-on: more data until your plan ends. Or renew now: the new plan starts at once."),
            _("The usage page shows what used it, day by day. Usage can reach us hours late, mostly from abroad."),
            _("This portal is light: a renewal loads less than one photo, so it works on a very slow connection."),
        ),
        also=_("no data left, limit reached, slow speed, throttled, more data, add-on, extra gigabytes"),
        links=(Link("plan_list", _("Plans and add-ons")), Link("usage", _("What was used"))),
        fits=("page:usage",),
    ),
)
