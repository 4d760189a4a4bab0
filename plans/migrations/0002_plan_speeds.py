from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="download_mbit",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="estimated maximum download, Mbit/s"),
        ),
        migrations.AddField(
            model_name="plan",
            name="upload_mbit",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="estimated maximum upload, Mbit/s"),
        ),
    ]
