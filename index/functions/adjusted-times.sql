-- Dates and times as clocks elsewhere showed them (PS3.4, timezone query adjustment). A data set's own Timezone Offset From UTC
-- counts; without one, what the clocks of the site showed. What is no date with a time names no moment: it stays as it stands.

CREATE OR REPLACE FUNCTION index.offset_interval(utc_offset text) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
  SELECT (substr(utc_offset, 1, 3) || ':' || substr(utc_offset, 4, 2))::interval
$$;

-- A moment on the clocks with `asked` as their offset from UTC (+0700); null where date and time name none.
CREATE OR REPLACE FUNCTION index.moment_at(day text, clock text, own_offset text, site text, asked text) RETURNS timestamp
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN day ~ '^[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$' AND clock ~ '^([01]\d|2[0-3])(:?[0-5]\d(:?([0-5]\d|60)(\.\d{1,6})?)?)?$'
    THEN (
      -- The 30th of February is the 1st or 2nd of March: no data set may make a query fail.
      SELECT CASE WHEN own_offset ~ '^[+-](0\d|1[0-4])[0-5]\d$' THEN local AT TIME ZONE index.offset_interval(own_offset)
        ELSE local AT TIME ZONE site END AT TIME ZONE index.offset_interval(asked)
      FROM (SELECT make_date(substr(day, 1, 4)::integer, substr(day, 5, 2)::integer, 1) + (substr(day, 7, 2)::integer - 1)
        + make_interval(
          hours => substr(replace(clock, ':', ''), 1, 2)::integer,
          mins => coalesce(nullif(substr(replace(clock, ':', ''), 3, 2), ''), '0')::integer,
          secs => coalesce(nullif(substr(replace(clock, ':', ''), 5), ''), '0')::double precision) AS local) AS moment)
  END
$$;

CREATE OR REPLACE FUNCTION index.date_at(day text, clock text, own_offset text, site text, asked text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce(to_char(index.moment_at(day, clock, own_offset, site, asked), 'YYYYMMDD'), day)
$$;

-- As precise as it was written, but for minutes, which an offset may have.
CREATE OR REPLACE FUNCTION index.time_at(day text, clock text, own_offset text, site text, asked text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    left(to_char(index.moment_at(day, clock, own_offset, site, asked), 'HH24MISS.US'), greatest(4, length(replace(clock, ':', '')))),
    clock)
$$;
