"""Which charges are of members of the allowance's group. An empty column changes no row that is there."""

import django.db.models.deletion
from django.db import migrations, models

COLUMN = """
    ALTER TABLE network_usagecharge ADD COLUMN member_id uuid;
    CREATE INDEX usage_charge_of_member ON network_usagecharge (member_id, used_at) WHERE member_id IS NOT NULL;
"""
BACK = "ALTER TABLE network_usagecharge DROP COLUMN member_id"


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0005_room_for_days"),
        ("plans", "0008_sharing_groups"),
    ]

    operations = [
        migrations.RunSQL(
            COLUMN,
            BACK,
            state_operations=[
                migrations.AddField(
                    model_name="usagecharge",
                    name="member",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="charges",
                        to="plans.groupmember",
                        verbose_name="group member",
                    ),
                )
            ],
        ),
    ]
