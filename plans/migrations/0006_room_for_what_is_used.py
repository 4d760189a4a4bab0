"""Room in each page of allowances for the next version of a row: what is used is written often, and needs no new entry in any index then
(PostgreSQL, "Heap-Only Tuples").
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("plans", "0005_use_beyond_allowances")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE plans_allowance SET (fillfactor = 70)", "ALTER TABLE plans_allowance RESET (fillfactor)"
        )
    ]
