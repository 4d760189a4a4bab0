"""Room in each page of days for the next version of a row (see plans 0006)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("network", "0004_top_ups_from_outside")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE network_usageday SET (fillfactor = 70)", "ALTER TABLE network_usageday RESET (fillfactor)"
        )
    ]
