"""When a line was last topped up, and last used on credit: its life is counted from there. Lines in use begin to count today."""

from django.db import migrations, models
from django.db.models.functions import Now


def begin_today(apps, schema_editor):
    apps.get_model("accounts", "Line").objects.exclude(state="stock").update(last_top_up_at=Now())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sign_in_changes_are_dated")]

    operations = [
        migrations.AddField(
            "line", "last_top_up_at", models.DateTimeField(blank=True, null=True, verbose_name="last top-up")
        ),
        migrations.AddField(
            "line",
            "last_charged_use_at",
            models.DateTimeField(blank=True, null=True, verbose_name="last use charged to credit"),
        ),
        migrations.AddIndex(
            "line",
            models.Index(
                condition=models.Q(("state", "active")), fields=["last_top_up_at"], name="line_active_last_top_up"
            ),
        ),
        migrations.AddIndex(
            "line",
            models.Index(
                condition=models.Q(("state__in", ["grace", "suspended"])),
                fields=["state_since"],
                name="line_asleep_since",
            ),
        ),
        migrations.RunPython(begin_today, migrations.RunPython.noop),
    ]
