"""Use paid from credit: by record and month, and what a day of it cost."""

import django.db.models.expressions
from django.db import migrations, models

TABLE = """
    CREATE TABLE network_usagecreditcharge (
        used_at timestamptz NOT NULL,
        source varchar(40) NOT NULL,
        record_id varchar(80) NOT NULL,
        booking_id uuid NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        cost_minor bigint NOT NULL CHECK (cost_minor >= 0),
        PRIMARY KEY (used_at, source, record_id)
    ) PARTITION BY RANGE (used_at);
    CREATE INDEX usage_credit_charge_of_booking ON network_usagecreditcharge (booking_id, used_at);
"""

FUNCTIONS = """
    CREATE OR REPLACE FUNCTION network_make_months(first timestamptz, last timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        month timestamptz := date_trunc('month', first);
        parent text;
        made integer := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('network_make_months'));
        WHILE month <= last LOOP
            FOREACH parent IN ARRAY ARRAY['network_usagerecord', 'network_usagecharge', 'network_usagecreditcharge'] LOOP
                IF to_regclass(parent || to_char(month, '"_y"YYYY"m"MM')) IS NULL THEN
                    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                        parent || to_char(month, '"_y"YYYY"m"MM'), parent, month, month + interval '1 month');
                    made := made + 1;
                END IF;
            END LOOP;
            month := month + interval '1 month';
        END LOOP;
        RETURN made;
    END $$;

    CREATE OR REPLACE FUNCTION network_drop_months(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        child regclass;
        dropped integer := 0;
    BEGIN
        FOR child IN
            SELECT inhrelid::regclass FROM pg_inherits
            WHERE inhparent IN ('network_usagerecord'::regclass, 'network_usagecharge'::regclass,
                'network_usagecreditcharge'::regclass)
        LOOP
            IF to_timestamp(right(child::text, 8), '"y"YYYY"m"MM') + interval '1 month' <= before THEN
                EXECUTE format('DROP TABLE %s', child);
                dropped := dropped + 1;
            END IF;
        END LOOP;
        RETURN dropped;
    END $$;
"""
#: As they were before.
TWO_TABLES = FUNCTIONS.replace(", 'network_usagecreditcharge'", "").replace(
    ",\n                'network_usagecreditcharge'::regclass", ""
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_the_life_of_a_line'),
        ('network', '0002_records_by_month'),
        ('billing', '0016_use_paid_from_credit'),
        ('plans', '0005_use_beyond_allowances'),
    ]

    operations = [
        migrations.CreateModel(
            name='UsageCreditCharge',
            fields=[
                ('pk', models.CompositePrimaryKey('used_at', 'source', 'record_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source', models.SlugField(max_length=40, verbose_name='source')),
                ('record_id', models.CharField(max_length=80, verbose_name='record')),
                ('used_at', models.DateTimeField(verbose_name='used')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('cost_minor', models.BigIntegerField(verbose_name='cost in minor units')),
            ],
            options={
                'verbose_name': 'usage paid from credit',
                'verbose_name_plural': 'usage paid from credit',
                'db_table': 'network_usagecreditcharge',
                'managed': False,
            },
        ),
        migrations.RunSQL(TABLE, "DROP TABLE network_usagecreditcharge", elidable=False),
        migrations.RunSQL(FUNCTIONS, TWO_TABLES),
        migrations.RemoveConstraint(
            model_name='usageday',
            name='usage_day_in_bounds',
        ),
        migrations.AddField(
            model_name='usageday',
            name='by_credit',
            field=models.BigIntegerField(db_default=0, verbose_name='paid from credit'),
        ),
        migrations.AddField(
            model_name='usageday',
            name='cost_minor',
            field=models.BigIntegerField(db_default=0, verbose_name='cost in minor units, VAT included'),
        ),
        migrations.AddField(
            model_name='usageday',
            name='vat_minor',
            field=models.BigIntegerField(db_default=0, verbose_name='VAT in minor units'),
        ),
        migrations.AddConstraint(
            model_name='usageday',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', django.db.models.expressions.CombinedExpression(models.F('overrun'), '+', models.F('by_credit'))), ('by_credit__gte', 0), ('cost_minor__gte', models.F('vat_minor')), ('overrun__gte', 0), ('records_count__gt', 0), ('vat_minor__gte', 0)), name='usage_day_in_bounds'),
        ),
    ]
