"""What staff may do, by group. Written by `create_staff` each time, so that this table is the truth; `docs/desk.md` says it in words."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.devices import blocking
from accounts.models import Sim
from billing import authority
from billing.models import Adjustment, Payment, RefundRequest, ReviewItem, Voucher, VoucherBatch
from notifications import again, suppressions
from notifications.models import Message, Suppression
from portal.admin_site import SHOWN
from support.authority import ANSWER, TELL
from support.models import Notice, Ticket

VIEWER = "viewer"
AGENT = "agent"
FINANCE = "finance"
NAMES = (VIEWER, AGENT, FINANCE)

#: Our own permissions: the table each hangs on, and what Django calls it.
_OWN: dict[str, tuple[type[Model], str]] = {
    authority.CHECK_AGAIN: (Payment, "Can ask the gateway again"),
    authority.TAKE_REVIEW: (ReviewItem, "Can look after review items"),
    authority.ADJUST: (Adjustment, "Can adjust credit up to a limit"),
    authority.ASK_REFUND: (RefundRequest, "Can ask for refunds"),
    authority.BLOCK_VOUCHERS: (Voucher, "Can block vouchers"),
    authority.MAKE_VOUCHERS: (VoucherBatch, "Can make voucher batches"),
    authority.DECIDE: (Adjustment, "Can be the second person, write off and pay out"),
    again.RIGHT: (Message, "Can send messages again"),
    suppressions.RIGHT: (Suppression, "Can have an address written to again"),
    ANSWER: (Ticket, "Can answer tickets"),
    TELL: (Notice, "Can tell of outages and planned works"),
    blocking.RIGHT: (Sim, "Can block lost SIMs and stop swaps"),
}
#: Beside seeing everything; `lib.change_alarm` is Django's own and opens no form, only "seen".
MAY: dict[str, tuple[str, ...]] = {
    VIEWER: (),
    AGENT: (
        authority.CHECK_AGAIN,
        authority.TAKE_REVIEW,
        authority.ADJUST,
        authority.ASK_REFUND,
        authority.BLOCK_VOUCHERS,
        again.RIGHT,
        suppressions.RIGHT,
        ANSWER,
        TELL,
        blocking.RIGHT,
        "lib.change_alarm",
    ),
    FINANCE: (*_OWN, "lib.change_alarm"),
}


def ensure() -> None:
    """Make the groups and give each exactly what the table says. Idempotent."""
    for name, (model, words) in _OWN.items():
        kind = ContentType.objects.get_for_model(model)
        codename = name.partition(".")[2]
        Permission.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": words})
    for name in NAMES:
        rights = [_permission(right) for right in MAY[name]]
        Group.objects.get_or_create(name=name)[0].permissions.set([*_views(), *rights])


def _views() -> list[Permission]:
    models = [apps.get_model(app, name) for app, names in SHOWN.items() for name in names]
    kinds = ContentType.objects.get_for_models(*models).values()
    codenames = [f"view_{model._meta.model_name}" for model in models]
    return list(Permission.objects.filter(content_type__in=kinds, codename__in=codenames))


def _permission(name: str) -> Permission:
    app, _dot, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
