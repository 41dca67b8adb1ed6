-- What a caller may read: every query of a door goes through these four. They apply an instance's state and the
-- caller's scope: null for all studies, else the Study Instance UIDs that were given to that caller.
-- Plain SQL, so that the planner unfolds them into the query around them.

CREATE OR REPLACE FUNCTION index.readable_studies(scope text[]) RETURNS SETOF index.study
LANGUAGE sql STABLE AS $$
  SELECT * FROM index.study s
  WHERE NOT s.is_empty AND (scope IS NULL OR s.study_instance_uid = ANY (scope))
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

-- A patient with what there is of him for this caller; one without any study that the caller may see is not there.
CREATE OR REPLACE FUNCTION index.readable_patients(scope text[]) RETURNS TABLE (id bigint, patient_name text, patient_name_folded text,
  patient_name_words text, patient_id text, issuer_of_patient_id text, patient_birth_date text, patient_sex text, name integer,
  number_of_studies bigint, number_of_series bigint, number_of_instances bigint)
LANGUAGE sql STABLE AS $$
  SELECT p.id, p.patient_name, p.patient_name_folded, p.patient_name_words, p.patient_id, p.issuer, p.patient_birth_date,
    p.patient_sex, p.name, t.studies, t.series, t.instances
  FROM index.patient p CROSS JOIN LATERAL (
    SELECT count(*) AS studies, sum(s.number_of_series) AS series, sum(s.number_of_instances) AS instances
    FROM index.readable_studies(scope) s WHERE s.patient = p.id) t
  WHERE t.studies > 0
$$;
