from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_fill_review_subjects")]
    operations = [
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("subject",), name="review_one_open_a_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("order__isnull", False), models.Q(("currency", ""), _negated=True)),
                    models.Q(
                        (
                            "kind__in",
                            [
                                "over",
                                "short",
                                "other_currency",
                                "late",
                                "cancelled",
                                "twice",
                                "not_applicable",
                                "refund_failed",
                            ],
                        ),
                        _negated=True,
                    ),
                    _connector="OR",
                ),
                name="review_held_money_has_order",
            ),
        ),
    ]
