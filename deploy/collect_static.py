"""Collects the static files as production serves them while an image is built: `python -m deploy.collect_static`."""

import os

from deploy import made_up


def main() -> None:
    os.environ.update(made_up.environment(), DJANGO_SETTINGS_MODULE="portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", "collectstatic", "--noinput", "--verbosity", "0"])


if __name__ == "__main__":
    main()
