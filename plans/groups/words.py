"""What is said when something cannot be done, and what ends with a group."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lib.wording import moment_in_words
from plans.groups.rules import NotPossible, Why

REFUSALS: dict[Why, Promise] = {
    Why.LINE: _("This number is not in use, so it can neither share nor join."),
    Why.OWNS_ONE: _("This number shares its own data. To join another group, dissolve its own first."),
    Why.IS_IN_ONE: _("This number is in a group already. Leave that one first."),
    Why.OVER: _("That is over: somebody has left, or the group was dissolved. The page shows how it stands."),
    Why.FULL: _("The group is full. Remove a member, or revoke a code, before you invite somebody else."),
    Why.CODE: _(
        "This code cannot be used. It may be mistyped, used, revoked or older than a week. Ask for a new one, or try again."
    ),
    Why.NOT_CAPPED: _("Nothing limits what you may use of the group, so there is nothing to ask for."),
    Why.ASKED: _("You have asked already. The owner has a day to answer."),
    Why.NO_PLAN: _("No plan of the owner’s runs just now, so there is nothing to share. Ask again when there is one."),
    Why.DECIDED: _("It is answered already, or too old to be answered. The page shows how it stands."),
    Why.TOO_OFTEN: _(
        "That is often enough for a day. Nothing has changed; try again tomorrow. Pausing and leaving always work."
    ),
    Why.NEEDS_CAP: _("Your data is unlimited, so each member needs a cap. Type how many gigabytes it may use at most."),
    Why.HOLD: _(
        "Your sign-in or SIM was changed. For a day after that no more data can be shared: it goes on %(time)s. You can pause, lower and remove."
    ),
    Why.OWNER_HOLD: _("Nobody can join this group just now. Your code stays good: try again %(time)s."),
}


def refusal(error: NotPossible) -> str:
    """Nothing has changed; the words say what would help."""
    words = str(REFUSALS[error.why])
    return words % {"time": moment_in_words(error.until, now=error.until)} if error.until else words


LEAVING = (
    _("From now on your number uses its own data, then its credit or nothing, as without the group."),
    _("What you have bought stays yours: plan, add-ons, credit."),
    _("What you have used of the group stays used; the owner goes on seeing how much that was, nothing else."),
    _("You can come back with a new code. A cap then begins anew."),
)
REMOVING = (
    _("From now on this number uses its own data, then its credit or nothing, as without the group."),
    _("What it has used stays used and stays in your sums."),
    _("It is told by SMS and e-mail."),
    _(
        "You can invite it again. Its cap then begins anew; so it does for whoever leaves and joins with another open code."
    ),
)
DISSOLVING = (
    _("From now on nobody else uses your data. What is left is all yours, until the same end as before."),
    _("What members have bought for themselves stays theirs."),
    _("What was used stays used; nothing is charged to anybody."),
    _("Codes that nobody has used are good for nothing from now on. All members are told by SMS and e-mail."),
    _("You can start a new group any time."),
)
