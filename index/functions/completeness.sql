-- Completeness of studies: said by a modality (MPPS), by storage commitment, or by nothing having come for a while.

-- A study whose row the caller has locked is complete. Whoever listens is told unless nothing of it is shown.
-- Numbers are given under a lock that ends with the transaction, so they are committed in their order: who has seen one has
-- seen all below. Completions are rare, and their transactions short.
CREATE OR REPLACE FUNCTION index.complete_study(which bigint, how text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one index.study%ROWTYPE;
BEGIN
  UPDATE index.study s SET is_complete = true WHERE s.id = which RETURNING * INTO one;
  IF one.is_empty THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(4242011113);
  INSERT INTO site.study_completed (study_instance_uid, said_by, instances)
  VALUES (one.study_instance_uid, how, index.sop_instances(which));
END $$;

-- How many SOP instances have come to a study, rejected ones too, versions not: what only grows by something new.
CREATE OR REPLACE FUNCTION index.sop_instances(which bigint) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT count(*)::integer FROM index.instance i JOIN index.series e ON e.id = i.series WHERE e.study = which AND i.state <> 1
$$;

-- Studies to which nothing has come for so long, at most so many. Returns how many they were.
CREATE OR REPLACE FUNCTION index.complete_quiet_studies(quiet interval, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  one bigint;
  found integer := 0;
BEGIN
  FOR one IN
    -- "Not between" rather than "before": a clock that was set back must not make anything wait for a day.
    SELECT s.id FROM index.study s WHERE NOT s.is_complete AND s.changed_at NOT BETWEEN now() - quiet AND now() + quiet
    ORDER BY s.id LIMIT most FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM index.complete_study(one, 'quiet');
    found := found + 1;
  END LOOP;
  RETURN found;
END $$;

-- Somebody who knows says so. False when the study is complete already, is not here, or lacks one of the instances, and while a
-- modality is still at it: two may be (PS3.4 F.7), or one goes on with a second step.
CREATE OR REPLACE FUNCTION index.complete_known_study(uid text, how text, expected text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  which bigint;
BEGIN
  SELECT s.id INTO which FROM index.study s WHERE s.study_instance_uid = uid AND NOT s.is_complete AND NOT s.is_empty FOR UPDATE;
  IF NOT FOUND OR EXISTS (
    SELECT FROM site.performed_step p WHERE p.state = 'in progress' AND p.study_instance_uids @> ARRAY[uid]) OR EXISTS (
    SELECT FROM unnest(expected) AS wanted WHERE NOT EXISTS (
      SELECT FROM index.instance i JOIN index.series e ON e.id = i.series
      WHERE i.sop_instance_uid = wanted AND e.study = which)) THEN
    RETURN false;
  END IF;
  PERFORM index.complete_study(which, how);
  RETURN true;
END $$;

-- A study for which a modality has completed a step: true where no step of it is in progress and everything is here that its
-- steps say they made, wherever it says it belongs. A step that lists nothing leaves it to the quiet time.
CREATE OR REPLACE FUNCTION index.complete_performed_study(uid text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  which bigint;
  done boolean;
BEGIN
  SELECT s.id INTO which FROM index.study s WHERE s.study_instance_uid = uid AND NOT s.is_complete AND NOT s.is_empty FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT bool_or(p.state = 'completed' AND p.instances <> '{}') AND NOT bool_or(p.state = 'in progress' OR index.lacks(p.instances))
  INTO done FROM site.performed_step p WHERE p.study_instance_uids @> ARRAY[uid];
  IF done THEN
    PERFORM index.complete_study(which, 'mpps');
  END IF;
  RETURN coalesce(done, false);
END $$;

-- Whether one of them has not come.
CREATE OR REPLACE FUNCTION index.lacks(instances text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM unnest(instances) AS wanted WHERE NOT EXISTS (SELECT FROM index.instance i WHERE i.sop_instance_uid = wanted))
$$;

-- Of a step that has ended: its studies, where everything is here that it made. False where that is not so.
CREATE OR REPLACE FUNCTION index.complete_performed_step(which bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  uid text;
  uids text[];
BEGIN
  SELECT p.study_instance_uids INTO uids FROM site.performed_step p
  WHERE p.id = which AND p.state <> 'in progress' AND NOT index.lacks(p.instances) FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  FOREACH uid IN ARRAY uids LOOP
    PERFORM index.complete_performed_study(uid);
  END LOOP;
  UPDATE site.performed_step SET is_awaited = false WHERE id = which AND is_awaited;
  RETURN true;
END $$;

-- Steps that have ended and whose last instance has come since, at most so many: the newest first, and those of a day only, for
-- there are modalities that name what they never send. Returns how many they were.
CREATE OR REPLACE FUNCTION index.complete_performed_studies(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  one bigint;
  found integer := 0;
BEGIN
  FOR one IN
    -- Locked are only those that are done: a lock is a write, and its COMMIT a sync of the disk.
    SELECT p.id FROM site.performed_step p
    WHERE p.is_awaited AND p.changed_at > now() - interval '1 day'
      -- What is complete by the quiet time waits for nothing until something comes: it is not looked through each second.
      AND EXISTS (SELECT FROM index.study s WHERE s.study_instance_uid = ANY (p.study_instance_uids) AND NOT s.is_complete)
      AND NOT index.lacks(p.instances)
    ORDER BY p.changed_at DESC LIMIT most FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM index.complete_performed_step(one);
    found := found + 1;
  END LOOP;
  RETURN found;
END $$;

-- In an index that was made anew: studies to which nothing has come since they were said to be complete, and those that were
-- whole before anybody watched.
CREATE OR REPLACE FUNCTION index.complete_as_before() RETURNS void LANGUAGE sql AS $$
  UPDATE index.study s SET is_complete = true
  FROM (
    SELECT e.study, count(*) FILTER (WHERE i.state <> 1) AS instances, max(i.received_at) AS last_at
    FROM index.instance i JOIN index.series e ON e.id = i.series GROUP BY e.study) c
  WHERE s.id = c.study AND coalesce(
    (SELECT d.instances = c.instances FROM site.study_completed d WHERE d.study_instance_uid = s.study_instance_uid
     ORDER BY d.id DESC LIMIT 1),
    c.last_at < (SELECT max(w.since) FROM site.completeness_watched w))
$$;
