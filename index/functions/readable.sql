-- What a caller may read: every query of a door goes through these three. They apply an instance's state and the
-- caller's scope: null for all studies, else the Study Instance UIDs that were given to that caller.
-- Plain SQL, so that the planner unfolds them into the query around them.

CREATE OR REPLACE FUNCTION index.readable_studies(scope text[]) RETURNS SETOF index.study
LANGUAGE sql STABLE AS $$
  SELECT * FROM index.study s
  WHERE s.number_of_instances > 0 AND (scope IS NULL OR s.study_instance_uid = ANY (scope))
$$;

CREATE OR REPLACE FUNCTION index.readable_series(scope text[]) RETURNS SETOF index.series
LANGUAGE sql STABLE AS $$
  SELECT * FROM index.series e
  WHERE e.number_of_instances > 0
    AND (scope IS NULL OR e.study IN (SELECT s.id FROM index.study s WHERE s.study_instance_uid = ANY (scope)))
$$;

CREATE OR REPLACE FUNCTION index.readable_instances(scope text[]) RETURNS SETOF index.instance
LANGUAGE sql STABLE AS $$
  SELECT * FROM index.instance i
  WHERE i.state = 0
    AND (scope IS NULL OR i.series IN (
      SELECT e.id FROM index.series e JOIN index.study s ON s.id = e.study WHERE s.study_instance_uid = ANY (scope)))
$$;
