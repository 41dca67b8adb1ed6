-- Upper and lower case are the same account, in names with accents too: lower() of the column's own collation, "C", leaves all but
-- A to Z as it is. "pg_c_utf8" comes with PostgreSQL itself and is the same on every machine.
DROP INDEX site.account_name;
CREATE UNIQUE INDEX account_name ON site.account (lower(name COLLATE "pg_c_utf8"));
