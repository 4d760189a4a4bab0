#!/bin/sh
# Run once by the Postgres image on an empty volume: the portal's everyday role, which may read and write rows but not TRUNCATE
# or change tables. Migrations run as the owner, $POSTGRES_USER.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$PORTAL_APP_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE portal_app LOGIN PASSWORD :'password';
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO portal_app;
SQL
