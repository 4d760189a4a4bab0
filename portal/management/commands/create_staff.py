"""Makes a staff account, or finds it, and prints the one-time link that gives it a password and a second factor."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.http import urlencode

from portal.staff import groups, invitations


class Command(BaseCommand):
    help = "Make a staff account (or find it) and print a link that sets its password and second factor, once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--group", default=groups.AGENT, choices=groups.NAMES)
        parser.add_argument("--superuser", action="store_true", help="all rights, those over other staff among them")
        parser.add_argument(
            "--forget-second-factor", action="store_true", help="for a lost device: a new one is set up after the link"
        )

    def handle(
        self,
        *_args: Any,
        email: str,
        name: str,
        group: str,
        superuser: bool,
        forget_second_factor: bool,
        **_options: Any,
    ) -> None:
        try:
            validate_email(email)
            person = invitations.staff_account(email=email, name=name, group=group, is_superuser=superuser)
        except ValidationError as error:
            raise CommandError("That is no e-mail address.") from error
        except invitations.NotStaff as error:
            raise CommandError(
                "This address belongs to a subscriber. Staff sign in with another account: use another address."
            ) from error
        if forget_second_factor:
            invitations.forget_second_factor(person)
        query = urlencode({"token": invitations.token_for(person)})
        self.stdout.write("Open this within 24 hours, on the device of the person it is for; it works once:")
        self.stdout.write(f"{settings.PORTAL_ORIGIN}{reverse('staff_invitation')}?{query}")
