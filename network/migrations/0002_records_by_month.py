"""Records and charges, partitioned by month of use, and the two functions that make and drop months for a role that may not.

A unique key on a partitioned table holds the partition's column (PostgreSQL, "Table Partitioning", limitations).
"""

from django.db import migrations

TABLES = """
    CREATE TABLE network_usagerecord (
        used_at timestamptz NOT NULL,
        source varchar(40) NOT NULL,
        record_id varchar(80) NOT NULL,
        line_id uuid NOT NULL,
        unit varchar(5) NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        country varchar(2) NOT NULL,
        overrun bigint NOT NULL DEFAULT 0 CHECK (overrun BETWEEN 0 AND amount),
        PRIMARY KEY (used_at, source, record_id)
    ) PARTITION BY RANGE (used_at);
    CREATE INDEX usage_record_of_line ON network_usagerecord (line_id, used_at);
    CREATE TABLE network_usagecharge (
        used_at timestamptz NOT NULL,
        source varchar(40) NOT NULL,
        record_id varchar(80) NOT NULL,
        allowance_id uuid NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        PRIMARY KEY (used_at, source, record_id, allowance_id)
    ) PARTITION BY RANGE (used_at);
    CREATE INDEX usage_charge_of_allowance ON network_usagecharge (allowance_id, used_at);
"""

FUNCTIONS = """
    CREATE FUNCTION network_make_months(first timestamptz, last timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        month timestamptz := date_trunc('month', first);
        parent text;
        made integer := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('network_make_months'));
        WHILE month <= last LOOP
            FOREACH parent IN ARRAY ARRAY['network_usagerecord', 'network_usagecharge'] LOOP
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

    CREATE FUNCTION network_drop_months(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
    DECLARE
        child regclass;
        dropped integer := 0;
    BEGIN
        FOR child IN
            SELECT inhrelid::regclass FROM pg_inherits
            WHERE inhparent IN ('network_usagerecord'::regclass, 'network_usagecharge'::regclass)
        LOOP
            IF to_timestamp(right(child::text, 8), '"y"YYYY"m"MM') + interval '1 month' <= before THEN
                EXECUTE format('DROP TABLE %s', child);
                dropped := dropped + 1;
            END IF;
        END LOOP;
        RETURN dropped;
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0001_initial"),
        ("plans", "0004_use_outside_the_home_country"),
    ]

    operations = [
        migrations.RunSQL(
            TABLES, "DROP TABLE network_usagecharge; DROP TABLE network_usagerecord", elidable=False
        ),
        migrations.RunSQL(
            FUNCTIONS,
            "DROP FUNCTION network_make_months(timestamptz, timestamptz); DROP FUNCTION network_drop_months(timestamptz)",
        ),
    ]
