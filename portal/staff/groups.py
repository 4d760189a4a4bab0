"""What staff may do, by group. Written by `create_staff` each time, so that this table is the truth."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from billing.admin.checking import CHECK_AGAIN
from billing.models import Payment
from portal.admin_site import SHOWN

VIEWER = "viewer"
AGENT = "agent"


def ensure() -> None:
    """`viewer` sees everything and changes nothing; `agent` may also ask the gateway again and mark alarms as seen. Idempotent."""
    payments = ContentType.objects.get_for_model(Payment)
    check_again, _made = Permission.objects.get_or_create(
        content_type=payments, codename=CHECK_AGAIN, defaults={"name": "Can ask the gateway again"}
    )
    models = [apps.get_model(app, name) for app, names in SHOWN.items() for name in names]
    kinds = ContentType.objects.get_for_models(*models).values()
    codenames = [f"view_{model._meta.model_name}" for model in models]
    views = list(Permission.objects.filter(content_type__in=kinds, codename__in=codenames))
    mark = Permission.objects.get(content_type__app_label="lib", codename="change_alarm")
    for name, permissions in {VIEWER: views, AGENT: [*views, check_again, mark]}.items():
        Group.objects.get_or_create(name=name)[0].permissions.set(permissions)
