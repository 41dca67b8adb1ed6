-- Heads of data sets (what stands before Pixel Data) as they came, for the hour in which the metadata of their series are made:
-- so the first reader of a series, and the worker itself, need not fetch each of its objects for them.
-- Not logged, and no promise: what a crash of PostgreSQL empties is read from the objects.
CREATE UNLOGGED TABLE index.head (
  instance bigint PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now(),
  bytes bytea NOT NULL
);
ALTER TABLE index.head SET (autovacuum_vacuum_scale_factor = 0.05);

DO $$
BEGIN
  ALTER TABLE index.head ALTER COLUMN bytes SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL; -- a PostgreSQL without it has another one
END $$;
