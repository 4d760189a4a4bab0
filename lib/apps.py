from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibConfig(AppConfig):
    """The ground: value objects, the clock, waking tasks up, logs and alarms."""

    name = "lib"
    verbose_name = _("Alarms and acts")
