from django.apps import AppConfig


class LibConfig(AppConfig):
    """The ground: value objects, the clock, waking tasks up, logs and alarms."""

    name = "lib"
