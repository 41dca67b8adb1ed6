-- Rejection notes (IHE RAD TF-3 4.66): which instances they hide, as instances and notes come in any order.
-- State 2 is an instance that would be current and is rejected; of the versions of a SOP instance at most one is in 0 or 2.

-- Whether a note may reject in a study, by their patients. The same Patient ID of another issuer is another patient; a note or a
-- study that names no issuer does not say so: workstations often leave it out of a note about images that have it.
CREATE OR REPLACE FUNCTION index.is_same_patient(note_issuer text, note_id text, study_issuer text, study_id text)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT note_id = study_id AND (note_issuer = study_issuer OR note_issuer = '' OR study_issuer = '')
$$;

-- Whether an instance that came at `came_at` is rejected by the notes that are in effect at `seen_at`. An expired retention
-- (113039) concerns what was here by then: what is sent again later is wanted again.
CREATE OR REPLACE FUNCTION index.is_rejected(of_study index.study, instance_uid text, came_at timestamptz, seen_at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM index.rejected r JOIN index.rejection n ON n.note = r.note
    LEFT JOIN site.restored_rejection x ON x.sop_instance_uid = n.sop_instance_uid
    WHERE r.study_instance_uid = of_study.study_instance_uid AND r.sop_instance_uid = instance_uid
      AND index.is_same_patient(n.issuer, n.patient_id, of_study.issuer_of_patient_id, of_study.patient_id)
      AND (x.restored_at IS NULL OR x.restored_at > seen_at)
      AND (n.code <> '113039' OR came_at <= n.received_at))
$$;

-- Whoever makes a study waits for a note that is being written and names it, and the other way round. One of a thousand locks,
-- because a note may name more studies than PostgreSQL has room for locks; that others wait with it for a moment is no harm.
CREATE OR REPLACE FUNCTION index.rejection_lock(uid text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 113001000000 + (hashtextextended(uid, 113001) & 1023)
$$;

DROP FUNCTION IF EXISTS index.note_rejection(bigint, json, text, text);

-- Gives what a note names the state that follows from all notes. Says per series that it names instances of how many changed.
-- Takes no lock on a study, so that nobody who stores waits; what comes meanwhile is seen by index.settle_rejection.
CREATE OR REPLACE FUNCTION index.move_rejected(which bigint, seen_at timestamptz)
RETURNS TABLE (series bigint, changes bigint) LANGUAGE sql VOLATILE AS $$
  WITH due AS MATERIALIZED (
    SELECT i.id, i.series, i.state,
      CASE WHEN index.is_same_patient(n.issuer, n.patient_id, s.issuer_of_patient_id, s.patient_id)
          AND (x.restored_at IS NULL OR x.restored_at > seen_at) AND (n.code <> '113039' OR i.received_at <= n.received_at)
        THEN 2 -- by this note itself, which spares the question to all of them
        WHEN index.is_rejected(s, i.sop_instance_uid, i.received_at, seen_at) THEN 2 ELSE 0 END AS becomes
    FROM index.rejected r
    JOIN index.study s ON s.study_instance_uid = r.study_instance_uid
    JOIN index.instance i ON i.sop_instance_uid = r.sop_instance_uid AND i.state IN (0, 2)
    JOIN index.series e ON e.id = i.series AND e.study = s.id
    LEFT JOIN index.rejection n ON n.note = r.note
    LEFT JOIN site.restored_rejection x ON x.sop_instance_uid = n.sop_instance_uid
    WHERE r.note = which AND NOT EXISTS (SELECT FROM index.rejection o WHERE o.note = i.id)),
  moved AS (
    UPDATE index.instance i SET state = d.becomes FROM due d WHERE i.id = d.id AND i.state IN (0, 2) AND i.state <> d.becomes
    RETURNING i.series)
  -- Not a join: the planner does not know how many there are.
  SELECT a.series, sum(a.change) FROM (SELECT d.series, 0 AS change FROM due d UNION ALL SELECT m.series, 1 FROM moved m) a
  GROUP BY a.series
$$;

-- Brings what a note names in line with all notes, counts and modalities included. Safe to repeat. What was moved before in
-- the same transaction is counted here: under the locks of its study a series is counted anew.
CREATE OR REPLACE FUNCTION index.settle_rejection(which bigint, seen_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  named text[] := ARRAY(SELECT DISTINCT r.study_instance_uid FROM index.rejected r WHERE r.note = which ORDER BY 1);
  touched bigint[]; -- series that the note names instances of
  changes bigint[]; -- for each, how many changed just now
  changed bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock(lock) FROM (SELECT DISTINCT index.rejection_lock(uid) AS lock FROM unnest(named) AS uid ORDER BY 1) l;
  PERFORM FROM index.study s WHERE s.study_instance_uid = ANY (named) ORDER BY s.study_instance_uid FOR UPDATE;
  UPDATE index.study s SET has_rejections = true WHERE s.study_instance_uid = ANY (named) AND NOT s.has_rejections;
  SELECT array_agg(m.series), array_agg(m.changes) INTO touched, changes FROM index.move_rejected(which, seen_at) m;
  -- Materialized, or each series is counted for the condition, and again for what it becomes.
  WITH counted AS MATERIALIZED (
    SELECT t.series, t.changes,
      (SELECT count(*) FROM index.instance i WHERE i.series = t.series AND i.state = 0) AS instances
    FROM unnest(touched, changes) AS t (series, changes)),
  shown AS (
    UPDATE index.series e SET number_of_instances = c.instances, generation = e.generation + 1, least_generation = e.generation + 1
    FROM counted c WHERE e.id = c.series AND (c.changes > 0 OR e.number_of_instances <> c.instances) RETURNING e.id)
  SELECT coalesce(array_agg(id), '{}') INTO changed FROM shown;
  PERFORM index.owe('InstanceStored', VARIADIC changed);
  UPDATE index.study s SET number_of_instances = c.instances, number_of_series = c.series, modalities = c.modalities,
    is_empty = c.instances = 0, is_complete = s.is_complete AND c.instances <= s.number_of_instances, changed_at = now()
  FROM (
    SELECT e.study, sum(e.number_of_instances) AS instances, count(*) FILTER (WHERE e.number_of_instances > 0) AS series,
      coalesce(array_agg(DISTINCT e.modality ORDER BY e.modality) FILTER (WHERE e.number_of_instances > 0 AND e.modality <> ''), '{}')
        AS modalities
    FROM index.series e WHERE e.study IN (SELECT o.study FROM index.series o WHERE o.id = ANY (changed)) GROUP BY e.study) c
  WHERE s.id = c.study;
  PERFORM index.owe_availability(named);
END $$;

-- Writes one instance that is a rejection note, as index.write_instances does. What takes long, up to twenty thousand rows,
-- comes first, in the same transaction but before any study is locked: a store waits for what is left to settle, and no more.
-- Who replaces an instance that is named meanwhile waits for the note, or one of the two is tried again.
CREATE OR REPLACE FUNCTION index.write_rejection(note json) RETURNS TABLE (ordinal integer, outcome text, instance bigint,
  version integer, kept_store smallint, kept_key text, kept_offset bigint, kept_length bigint) LANGUAGE plpgsql AS $$
DECLARE
  which bigint;
  came_at timestamptz := note ->> 'received_at';
BEGIN
  IF NOT EXISTS (SELECT FROM index.instance i WHERE i.sop_instance_uid = note ->> 'sop_instance_uid') THEN
    which := nextval(pg_get_serial_sequence('index.instance', 'id'));
    INSERT INTO index.rejection (note, sop_instance_uid, code, issuer, patient_id, received_at, source)
    VALUES (which, note ->> 'sop_instance_uid', note -> 'rejection' ->> 'code', note ->> 'issuer_of_patient_id',
      note ->> 'patient_id', came_at, (note ->> 'source')::integer);
    INSERT INTO index.rejected (study_instance_uid, sop_instance_uid, note)
    SELECT s.study_instance_uid, unnest(s.sop_instance_uids), which
    FROM json_to_recordset(note -> 'rejection' -> 'studies') AS s (study_instance_uid text, sop_instance_uids text[])
    ON CONFLICT DO NOTHING;
    PERFORM index.move_rejected(which, came_at);
  END IF;
  SELECT w.* INTO STRICT ordinal, outcome, instance, version, kept_store, kept_key, kept_offset, kept_length
  FROM index.write_instances(json_build_array(note), which) w;
  IF instance <> which THEN
    RAISE serialization_failure USING MESSAGE = 'the note came twice at once'; -- and is looked up when this is tried again
  END IF;
  IF which IS NOT NULL THEN
    PERFORM index.settle_rejection(which, came_at);
  END IF;
  RETURN NEXT;
END $$;

-- A note that was never acknowledged takes its rejection along.
CREATE OR REPLACE FUNCTION index.forget_rejection(which bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM index.rejection n WHERE n.note = which;
  IF FOUND THEN
    PERFORM index.settle_rejection(which, 'infinity');
    DELETE FROM index.rejected r WHERE r.note = which;
  END IF;
END $$;

-- A person takes a rejection back. Says whether there is such a note.
CREATE OR REPLACE FUNCTION index.restore_rejection(uid text, by_whom text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  which bigint;
BEGIN
  SELECT n.note INTO which FROM index.rejection n WHERE n.sop_instance_uid = uid;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO site.restored_rejection (sop_instance_uid, restored_by) VALUES (uid, by_whom) ON CONFLICT DO NOTHING;
  PERFORM index.move_rejected(which, 'infinity'); -- most of it, before any study is locked
  PERFORM index.settle_rejection(which, 'infinity');
  RETURN true;
END $$;
