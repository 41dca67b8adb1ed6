-- The one way rows come into the index. `batch` is an array of instances (index/known-numbers.ts) sorted by study, so that
-- two writers lock in the same order, and within a study as they came; the study row's lock makes writers of one study take
-- turns.
-- Identity: a patient is (issuer, Patient ID), or the study's own without an ID; a study shows what came first and is
-- flagged on disagreement; the first bytes under a SOP Instance UID stay current.

CREATE OR REPLACE FUNCTION index.uid_number(wanted text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  found integer;
BEGIN
  SELECT id INTO found FROM index.known_uid WHERE uid = wanted;
  IF found IS NULL THEN
    INSERT INTO index.known_uid (uid) VALUES (wanted) ON CONFLICT DO NOTHING RETURNING id INTO found;
    IF found IS NULL THEN
      SELECT id INTO found FROM index.known_uid WHERE uid = wanted;
    END IF;
  END IF;
  RETURN found;
END $$;

CREATE OR REPLACE FUNCTION index.source_number(wanted_door text, wanted_title text, wanted_address text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  found integer;
BEGIN
  SELECT id INTO found FROM index.source
  WHERE door = wanted_door AND calling_ae_title = wanted_title AND address = wanted_address;
  IF found IS NULL THEN
    INSERT INTO index.source (door, calling_ae_title, address) VALUES (wanted_door, wanted_title, wanted_address)
    ON CONFLICT DO NOTHING RETURNING id INTO found;
    IF found IS NULL THEN
      SELECT id INTO found FROM index.source
      WHERE door = wanted_door AND calling_ae_title = wanted_title AND address = wanted_address;
    END IF;
  END IF;
  RETURN found;
END $$;

-- Adds flags to a study without repeating one.
CREATE OR REPLACE FUNCTION index.flag_study(which bigint, added text[]) RETURNS void LANGUAGE sql AS $$
  UPDATE index.study SET flags = ARRAY(SELECT DISTINCT unnest(flags || added) ORDER BY 1), changed_at = now()
  WHERE id = which AND NOT flags @> added
$$;

DROP FUNCTION IF EXISTS index.owe(text, bigint);

-- Something happened to series: each job that listens owes each of them one run, however often this is called.
CREATE OR REPLACE FUNCTION index.owe(what text, VARIADIC which bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO index.owed (job, key, generation)
  SELECT j.name, k.key, 1 FROM index.job j CROSS JOIN unnest(which) AS k (key) WHERE j.happening = what
  ON CONFLICT (job, key) DO UPDATE SET generation = index.owed.generation + 1, changed_at = now();
END $$;

DROP FUNCTION IF EXISTS index.write_instances(jsonb);
DROP FUNCTION IF EXISTS index.write_instances(json);

-- `number`: of the only instance of the batch, where it has one before it has a row (index.write_rejection).
CREATE OR REPLACE FUNCTION index.write_instances(batch json, number bigint DEFAULT NULL)
RETURNS TABLE (ordinal integer, outcome text, instance bigint, version integer, kept_store smallint, kept_key text, kept_offset bigint, kept_length bigint)
LANGUAGE plpgsql AS $$
DECLARE
  item record;
  study_row index.study%ROWTYPE;
  series_row index.series%ROWTYPE;
  same record;
  first record;
  patient_number bigint;
  flags_due text[];
  added integer := 0;       -- current instances of the present series, not yet counted
  added_study integer := 0; -- of the present study
  added_series integer := 0;
  due boolean := false;     -- the present series shows something new
  becomes smallint;
  first_study bigint;
  arrives smallint;         -- the state of an instance under a new UID: 0, or 2 where it is rejected already
  renews boolean;           -- what was rejected comes again and is wanted again
BEGIN
  <<instances>>
  FOR item IN
    SELECT * FROM json_to_recordset(batch) AS x (
      study_instance_uid text, study_date text, study_time text, timezone_offset text, accession_number text, study_id text,
      study_description text, institution_name text, referring_physician_name text, referring_physician_folded text,
      patient_name text, patient_name_folded text, patient_name_words text, patient_id text, issuer_of_patient_id text,
      patient_birth_date text, patient_sex text,
      series_instance_uid text, modality text, series_number integer, series_description text, series_date text,
      series_time text, body_part_examined text, laterality text, protocol_name text, station_name text, manufacturer text,
      performed_procedure_step_start_date text, performed_procedure_step_start_time text,
      other_patient_ids jsonb, request_attributes jsonb,
      sop_instance_uid text, sop_class integer, transfer_syntax integer, source integer, instance_number integer, number_of_frames integer,
      "rows" integer, "columns" integer, samples_per_pixel smallint, bits_allocated smallint,
      received_at timestamptz, store smallint, key text, "offset" bigint, length bigint, digest text,
      pixel_offset bigint, pixel_length bigint, frames text, replaces boolean, pixels text, text_mislabelled boolean,
      rejection json)
  LOOP
    ordinal := coalesce(ordinal + 1, 0);
    flags_due := '{}';

    -- The study, locked until commit.
    IF study_row.study_instance_uid IS DISTINCT FROM item.study_instance_uid THEN
      IF due OR added_study > 0 THEN
        PERFORM index.count_in(study_row.id, CASE WHEN due THEN series_row.id END, added, added_study, added_series);
      ELSIF study_row.number_of_instances = 0 THEN
        PERFORM index.hide_if_empty(study_row.id);
      END IF;
      added := 0; added_study := 0; added_series := 0; due := false; series_row := NULL;
      SELECT * INTO study_row FROM index.study s WHERE s.study_instance_uid = item.study_instance_uid FOR UPDATE;
      IF NOT FOUND THEN
        patient_number := NULL;
        IF item.patient_id <> '' THEN
          SELECT id INTO patient_number FROM index.patient p
          WHERE p.issuer = item.issuer_of_patient_id AND p.patient_id = item.patient_id AND p.patient_id <> '';
        END IF;
        IF patient_number IS NULL THEN
          INSERT INTO index.patient (issuer, patient_id, patient_name, patient_name_folded, patient_name_words, patient_birth_date,
            patient_sex)
          VALUES (item.issuer_of_patient_id, item.patient_id, item.patient_name, item.patient_name_folded, item.patient_name_words,
            item.patient_birth_date, item.patient_sex)
          ON CONFLICT (issuer, patient_id) WHERE patient_id <> '' DO NOTHING RETURNING id INTO patient_number;
          IF patient_number IS NULL THEN -- another writer was quicker
            SELECT id INTO patient_number FROM index.patient p
            WHERE p.issuer = item.issuer_of_patient_id AND p.patient_id = item.patient_id AND p.patient_id <> '';
          END IF;
        END IF;
        INSERT INTO index.study (patient, study_instance_uid, study_date, study_time, timezone_offset, accession_number, study_id,
          study_description, institution_name, referring_physician_name, referring_physician_folded, patient_name,
          patient_name_folded, patient_name_words, patient_id, issuer_of_patient_id, patient_birth_date, patient_sex, modalities,
          received_at)
        VALUES (patient_number, item.study_instance_uid, item.study_date, item.study_time, item.timezone_offset,
          item.accession_number, item.study_id, item.study_description, item.institution_name,
          item.referring_physician_name, item.referring_physician_folded, item.patient_name, item.patient_name_folded,
          item.patient_name_words, item.patient_id, item.issuer_of_patient_id, item.patient_birth_date, item.patient_sex,
          -- At once, because it is indexed: a row that is changed in an indexed column goes through every index again.
          CASE WHEN item.modality = '' THEN '{}' ELSE ARRAY[item.modality] END, item.received_at)
        ON CONFLICT (study_instance_uid) DO NOTHING
        RETURNING * INTO study_row;
        IF study_row.id IS NULL THEN
          SELECT * INTO STRICT study_row FROM index.study s WHERE s.study_instance_uid = item.study_instance_uid FOR UPDATE;
        ELSE
          IF item.other_patient_ids <> '[]' THEN
            INSERT INTO index.other_patient_ids (study, item, other_patient_id, issuer_of_other_patient_id)
            SELECT study_row.id, o.item, o.other_patient_id, o.issuer_of_other_patient_id
            FROM ROWS FROM (jsonb_to_recordset(item.other_patient_ids) AS (other_patient_id text, issuer_of_other_patient_id text))
              WITH ORDINALITY AS o (other_patient_id, issuer_of_other_patient_id, item);
          END IF;
          -- A note may have come before what it names. Locked first, so that the next statement sees one that was just written.
          PERFORM pg_advisory_xact_lock_shared(index.rejection_lock(item.study_instance_uid));
          IF EXISTS (SELECT FROM index.rejected r WHERE r.study_instance_uid = item.study_instance_uid) THEN
            UPDATE index.study SET has_rejections = true WHERE id = study_row.id RETURNING * INTO study_row;
          END IF;
        END IF;
      END IF;
    END IF;
    IF study_row.patient_id <> item.patient_id OR study_row.issuer_of_patient_id <> item.issuer_of_patient_id THEN
      flags_due := flags_due || 'patient-differs'::text;
    ELSIF study_row.patient_name_folded <> item.patient_name_folded OR study_row.patient_birth_date <> item.patient_birth_date
      OR study_row.patient_sex <> item.patient_sex THEN
      flags_due := flags_due || 'demographics-differ'::text;
    END IF;
    IF study_row.study_date <> item.study_date OR study_row.accession_number <> item.accession_number THEN
      flags_due := flags_due || 'study-differs'::text;
    END IF;

    -- The series; its study's lock covers it.
    IF series_row.series_instance_uid IS DISTINCT FROM item.series_instance_uid THEN
      IF due THEN
        PERFORM index.count_in(study_row.id, series_row.id, added, 0, 0);
      END IF;
      added := 0; due := false;
      SELECT * INTO series_row FROM index.series e
      WHERE e.study = study_row.id AND e.series_instance_uid = item.series_instance_uid;
      IF NOT FOUND THEN
        INSERT INTO index.series (study, series_instance_uid, modality, series_number, series_description, series_date,
          series_time, body_part_examined, laterality, protocol_name, station_name, manufacturer,
          performed_procedure_step_start_date, performed_procedure_step_start_time)
        VALUES (study_row.id, item.series_instance_uid, item.modality, item.series_number, item.series_description,
          item.series_date, item.series_time, item.body_part_examined, item.laterality, item.protocol_name,
          item.station_name, item.manufacturer, item.performed_procedure_step_start_date,
          item.performed_procedure_step_start_time)
        RETURNING * INTO series_row;
        IF item.request_attributes <> '[]' THEN
          INSERT INTO index.request_attributes (series, item, scheduled_procedure_step_id, requested_procedure_id)
          SELECT series_row.id, r.item, r.scheduled_procedure_step_id, r.requested_procedure_id
          FROM ROWS FROM (jsonb_to_recordset(item.request_attributes) AS (scheduled_procedure_step_id text, requested_procedure_id text))
            WITH ORDINALITY AS r (scheduled_procedure_step_id, requested_procedure_id, item);
        END IF;
      END IF;
    END IF;

    -- The instance: new, known, or known with other bytes. Most are new, so that is tried first, in one statement.
    arrives := 0; renews := false; version := 1; outcome := 'stored';
    IF item.rejection IS NOT NULL
      OR (study_row.has_rejections AND index.is_rejected(study_row, item.sop_instance_uid, item.received_at, item.received_at)) THEN
      arrives := 2;
    END IF;
    becomes := arrives;
    kept_store := NULL; kept_key := NULL; kept_offset := NULL; kept_length := NULL;
    LOOP
      INSERT INTO index.instance (id, series, received_at, "offset", length, pixel_offset, pixel_length, sop_class, transfer_syntax,
        source, instance_number, number_of_frames, "rows", "columns", samples_per_pixel, bits_allocated, version, state, store,
        sop_instance_uid, key, digest, frames) OVERRIDING SYSTEM VALUE
      SELECT coalesce(number, nextval('index.instance_id_seq')), series_row.id, item.received_at, item."offset", item.length, item.pixel_offset, item.pixel_length,
        item.sop_class, item.transfer_syntax, item.source, item.instance_number, item.number_of_frames,
        item."rows", item."columns", item.samples_per_pixel, item.bits_allocated, version, becomes, item.store,
        item.sop_instance_uid, item.key, decode(item.digest, 'hex'), decode(item.frames, 'base64')
      WHERE version > 1 OR NOT EXISTS (SELECT FROM index.instance i WHERE i.sop_instance_uid = item.sop_instance_uid)
      RETURNING id INTO instance;
      EXIT WHEN FOUND;

      SELECT i.id, i.version, i.state, i.store, i.key, i."offset", i.length INTO same
      FROM index.instance i WHERE i.sop_instance_uid = item.sop_instance_uid AND i.digest = decode(item.digest, 'hex')
        AND i.length = item.length AND i.transfer_syntax = item.transfer_syntax
      ORDER BY i.key <> item.key, i.state = 1, i.version LIMIT 1;
      IF FOUND AND NOT (same.key <> item.key AND index.is_renewed(study_row, arrives, same.id, item.received_at)) THEN
        -- The very object, written again after an answer was lost on its way: it stands as stored.
        outcome := CASE WHEN same.key <> item.key THEN 'duplicate' WHEN same.version > 1 THEN 'version' ELSE 'stored' END;
        instance := same.id; version := same.version;
        kept_store := same.store; kept_key := same.key; kept_offset := same."offset"; kept_length := same.length;
        RETURN NEXT;
        CONTINUE instances;
      END IF;
      SELECT i.id, i.series, i.state, i.transfer_syntax INTO first FROM index.instance i
      WHERE i.sop_instance_uid = item.sop_instance_uid ORDER BY i.state = 1, i.version DESC LIMIT 1;
      CONTINUE WHEN NOT FOUND; -- taken back this moment
      SELECT max(i.version) + 1 INTO version FROM index.instance i WHERE i.sop_instance_uid = item.sop_instance_uid;
      outcome := 'version';
      renews := index.is_renewed(study_row, arrives, first.id, item.received_at);
      IF renews THEN
        becomes := 0;
        UPDATE index.instance SET state = 1 WHERE id = first.id;
      ELSIF first.state IN (0, 2) AND first.series = series_row.id AND item.replaces AND flags_due = '{}'
        AND item.rejection IS NULL THEN
        becomes := first.state;
        UPDATE index.instance SET state = 1 WHERE id = first.id;
        UPDATE index.study SET is_complete = false, changed_at = now() WHERE id = study_row.id;
      ELSE
        becomes := 1;
        SELECT e.study INTO first_study FROM index.series e WHERE e.id = first.series;
        IF first_study = study_row.id THEN
          IF item.pixels IS NULL AND first.transfer_syntax <> item.transfer_syntax THEN
            outcome := 'other-syntax'; -- whoever asked compares the pixels, and flags the study unless they are the same
          ELSIF item.pixels IS DISTINCT FROM 'same' THEN
            flags_due := flags_due || 'version-waits'::text;
          END IF;
        ELSE
          flags_due := flags_due || 'instance-in-two-studies'::text;
          PERFORM index.flag_study(first_study, '{instance-in-two-studies}');
        END IF;
      END IF;
    END LOOP;
    IF becomes = 0 THEN
      IF version = 1 OR renews THEN
        IF series_row.number_of_instances + added = 0 THEN
          added_series := added_series + 1;
        END IF;
        added := added + 1; added_study := added_study + 1;
      END IF;
      IF NOT study_row.modalities @> ARRAY[series_row.modality] AND series_row.modality <> '' THEN
        UPDATE index.study SET modalities = ARRAY(SELECT DISTINCT unnest(modalities || series_row.modality) ORDER BY 1)
        WHERE id = study_row.id RETURNING modalities INTO study_row.modalities;
      END IF;
      due := true;
    ELSIF study_row.number_of_instances + added_study = 0 AND study_row.modalities <> '{}' THEN
      UPDATE index.study SET modalities = '{}' WHERE id = study_row.id RETURNING modalities INTO study_row.modalities;
    END IF;
    IF item.text_mislabelled THEN
      flags_due := flags_due || 'text-mislabelled'::text; -- shown as what it is; in the way of nothing
    END IF;
    IF flags_due <> '{}' AND NOT study_row.flags @> flags_due THEN
      PERFORM index.flag_study(study_row.id, flags_due);
      study_row.flags := study_row.flags || flags_due;
    END IF;
    RETURN NEXT;
  END LOOP;
  IF due OR added_study > 0 THEN
    PERFORM index.count_in(study_row.id, CASE WHEN due THEN series_row.id END, added, added_study, added_series);
  ELSIF study_row.number_of_instances = 0 THEN
    PERFORM index.hide_if_empty(study_row.id);
  END IF;
END $$;

-- Whether an instance that is not rejected comes again at `came_at` for one that is rejected then, and takes its place. Notes
-- stay hidden.
CREATE OR REPLACE FUNCTION index.is_renewed(of_study index.study, arrives smallint, known bigint, came_at timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT arrives = 0 AND of_study.has_rejections AND EXISTS (
    SELECT FROM index.instance i JOIN index.series e ON e.id = i.series
    WHERE i.id = known AND i.state = 2 AND e.study = of_study.id
      AND NOT EXISTS (SELECT FROM index.rejection n WHERE n.note = i.id)
      AND index.is_rejected(of_study, i.sop_instance_uid, i.received_at, came_at))
$$;

-- Adds what a batch stored to the counts that are sent with every answer, and owes the series its jobs.
CREATE OR REPLACE FUNCTION index.count_in(which_study bigint, which_series bigint, in_series integer, in_study integer, series_more integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF which_series IS NOT NULL THEN
    UPDATE index.series SET number_of_instances = number_of_instances + in_series, generation = generation + 1
    WHERE id = which_series;
    PERFORM index.owe('InstanceStored', which_series);
  END IF;
  IF in_study <> 0 OR series_more <> 0 THEN
    UPDATE index.study SET number_of_instances = number_of_instances + in_study, number_of_series = number_of_series + series_more,
      is_empty = number_of_instances + in_study <= 0, is_complete = is_complete AND in_study <= 0, changed_at = now()
    WHERE id = which_study;
  END IF;
END $$;

-- Counts one instance more or less, outside a batch. Its series may be the first that shows an instance, or the last.
CREATE OR REPLACE FUNCTION index.count_one(which_study bigint, which_series bigint, change integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM index.count_in(which_study, which_series, change, change, 0);
  UPDATE index.study s SET number_of_series =
    (SELECT count(*) FROM index.series e WHERE e.study = s.id AND e.number_of_instances > 0) WHERE s.id = which_study;
END $$;

-- A study may have come with nothing that is current: it is not found until it has.
CREATE OR REPLACE FUNCTION index.hide_if_empty(which bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE index.study SET is_empty = true WHERE id = which AND number_of_instances = 0 AND NOT is_empty
$$;

-- Takes back an instance that was never acknowledged. Its study and series go with their last instance.
CREATE OR REPLACE FUNCTION index.forget_instance(which bigint, of_key text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  gone record;
  place record;
  next_id bigint;
BEGIN
  SELECT e.id AS series, e.study, s.patient INTO place
  FROM index.instance i JOIN index.series e ON e.id = i.series JOIN index.study s ON s.id = e.study
  WHERE i.id = which FOR UPDATE OF s;
  DELETE FROM index.instance i WHERE i.id = which AND i.key = of_key RETURNING i.state, i.sop_instance_uid INTO gone;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM index.forget_rejection(which);
  IF gone.state = 0 THEN
    PERFORM index.count_one(place.study, place.series, -1);
  END IF;
  IF gone.state IN (0, 2) THEN
    -- A version that had come meanwhile takes its place.
    SELECT i.id INTO next_id FROM index.instance i WHERE i.sop_instance_uid = gone.sop_instance_uid ORDER BY i.version LIMIT 1;
    IF next_id IS NOT NULL THEN
      PERFORM index.make_current(next_id);
    END IF;
  END IF;
  DELETE FROM index.series e WHERE e.id = place.series AND NOT EXISTS (SELECT 1 FROM index.instance i WHERE i.series = e.id);
  IF FOUND THEN
    DELETE FROM index.owed WHERE key = place.series;
    DELETE FROM index.study s WHERE s.id = place.study AND NOT EXISTS (SELECT 1 FROM index.series e WHERE e.study = s.id);
    IF FOUND THEN
      DELETE FROM index.patient p WHERE p.id = place.patient AND NOT EXISTS (SELECT 1 FROM index.study s WHERE s.patient = p.id);
    END IF;
  END IF;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION index.make_current(which bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place record;
BEGIN
  SELECT e.id AS series, e.study, index.is_rejected(s, i.sop_instance_uid, i.received_at, 'infinity') AS is_rejected INTO place
  FROM index.instance i JOIN index.series e ON e.id = i.series JOIN index.study s ON s.id = e.study WHERE i.id = which;
  UPDATE index.instance SET state = CASE WHEN place.is_rejected THEN 2 ELSE 0 END WHERE id = which;
  IF NOT place.is_rejected THEN
    PERFORM index.count_one(place.study, place.series, 1);
  END IF;
END $$;
