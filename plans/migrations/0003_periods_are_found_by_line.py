"""The same promise, kept by an index that begins with the line: the planner takes it for questions about one line, too."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models

import plans.models.period


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_plan_speeds")]

    operations = [
        migrations.RemoveConstraint("planperiod", "period_no_overlap"),
        migrations.AddConstraint(
            "planperiod",
            django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("cancelled_at", None), ("kind", "plan")),
                deferrable=models.Deferrable["IMMEDIATE"],
                expressions=[
                    ("line", "="),
                    (
                        plans.models.period.TsTzRange(
                            "starts_at", "ends_at", django.contrib.postgres.fields.ranges.RangeBoundary()
                        ),
                        "&&",
                    ),
                ],
                name="period_no_overlap",
            ),
        ),
    ]
