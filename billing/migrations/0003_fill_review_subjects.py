"""Items about held money get the subject that new ones have."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_every_way_to_pay")]
    operations = [
        migrations.RunSQL(
            "UPDATE billing_reviewitem SET subject = 'held:' || order_id || ':' || currency WHERE subject = ''",
            migrations.RunSQL.noop,
        ),
    ]
