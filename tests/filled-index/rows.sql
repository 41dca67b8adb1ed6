-- Made-up studies, as `index.write_instances` would have written them one by one. Every number is a hash of the row's own, so
-- that the same size gives the same rows. `fill` holds one row of parameters, `part` what names are put together from.

CREATE FUNCTION pg_temp.draw(which bigint, salt bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (hashint8extended(which, salt) & 9223372036854775807) % below
$$;
-- As UIDs under 2.25 are, in no order.
CREATE FUNCTION pg_temp.uid(which bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '2.25.' || (1000000000000000000 + pg_temp.draw(which, salt, 2000000000000000000))
    || lpad(pg_temp.draw(which, salt + 100, 1000000000000000000)::text, 18, '0')
$$;
-- Studies 1 to 5 have 1 to 5 series, and so on; series 1 to 3 have 1, 1 and 3 instances.
CREATE FUNCTION pg_temp.series_before(study bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (study - 1) / 5 * 15 + ((study - 1) % 5) * ((study - 1) % 5 + 1) / 2
$$;
CREATE FUNCTION pg_temp.instances_before(series bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (series - 1) / 3 * 5 + (series - 1) % 3
$$;
-- 45 of 100 studies bring a new patient, the others one who was there before.
CREATE FUNCTION pg_temp.patients_until(study bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (study * 45 + 99) / 100
$$;

CREATE INDEX ON part (kind, slot);
ANALYZE part;

INSERT INTO index.patient (id, issuer, patient_id, patient_name, patient_birth_date, patient_sex, patient_name_folded, patient_name_words)
OVERRIDING SYSTEM VALUE
SELECT p, CASE WHEN how < 20 THEN 'CCCD' ELSE '' END,
  CASE WHEN p % 50 = 0 THEN '' WHEN how < 20 THEN '0' || lpad((36000000000 + p * 7)::text, 11, '0') ELSE 'BN' || lpad(p::text, 8, '0') END,
  CASE WHEN how < 55 THEN f.value || '^' || m.value || ' ' || g.value
    WHEN how < 90 THEN f.value || ' ' || m.value || ' ' || g.value
    WHEN p % 499 = 0 THEN upper(f.folded || '^' || m.folded || ' ' || g.folded) || '=' || f.value || '^' || m.value || ' ' || g.value
    ELSE upper(f.folded || ' ' || m.folded || ' ' || g.folded) END,
  to_char(date '1935-01-01' + pg_temp.draw(p, 5, 32000)::integer, 'YYYYMMDD'), sex,
  CASE WHEN how < 55 THEN f.folded || '^' || m.folded || ' ' || g.folded
    WHEN how >= 90 AND p % 499 = 0 THEN f.folded || '^' || m.folded || ' ' || g.folded || '=' || f.folded || '^' || m.folded || ' ' || g.folded
    ELSE f.folded || ' ' || m.folded || ' ' || g.folded END,
  ' ' || f.folded || ' ' || m.folded || ' ' || g.folded || ' '
    || CASE WHEN how >= 90 AND p % 499 = 0 THEN f.folded || ' ' || m.folded || ' ' || g.folded || ' ' ELSE '' END
FROM fill CROSS JOIN generate_series(1, pg_temp.patients_until(fill.studies)) AS p
  CROSS JOIN LATERAL (SELECT CASE WHEN pg_temp.draw(p, 1, 2) = 0 THEN 'M' ELSE 'F' END AS sex, pg_temp.draw(p, 2, 100) AS how) AS person
  JOIN part f ON f.kind = 'family' AND f.slot = pg_temp.draw(p, 3, fill.family_slots)
  JOIN part m ON m.kind = 'middle ' || sex AND m.slot = pg_temp.draw(p, 4, fill.middle_slots)
  JOIN part g ON g.kind = 'given ' || sex AND g.slot = pg_temp.draw(p, 6, fill.given_slots)
ORDER BY p;

-- The newest study lies on the last day; the days before it have the same number each, from half past six on.
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, whose - (new_until = new_before AND whose % 50 = 0)::integer AS patient, modality.value AS modality,
  modality.value IN ('CT', 'MR', 'US', 'MG', 'PT') AND (n - 1) % 5 >= 2 AND pg_temp.draw(n, 11, 3) = 0 AS has_report,
  last_day - (back / per_day)::integer AS day,
  interval '06:30' + (per_day - 1 - back % per_day) * (interval '12:00' / per_day) + pg_temp.draw(n, 12, 60000) * interval '1 ms' AS clock
FROM fill CROSS JOIN generate_series(1, fill.studies) AS n
  CROSS JOIN LATERAL (SELECT fill.studies - n AS back, pg_temp.patients_until(n) AS new_until, pg_temp.patients_until(n - 1) AS new_before) AS study
  CROSS JOIN LATERAL (SELECT CASE WHEN new_until > new_before THEN new_until ELSE 1 + pg_temp.draw(n, 10, new_until) END AS whose) AS person
  JOIN part AS modality ON modality.kind = 'modality' AND modality.slot = pg_temp.draw(n, 13, fill.modality_slots)
ORDER BY n;
ANALYZE made;

INSERT INTO index.study (id, patient, study_instance_uid, study_date, study_time, timezone_offset, accession_number, study_id,
  study_description, institution_name, referring_physician_name, referring_physician_folded, patient_name, patient_name_folded,
  patient_name_words, patient_id, issuer_of_patient_id, patient_birth_date, patient_sex, modalities, number_of_series,
  number_of_instances, flags, received_at, changed_at, is_complete)
OVERRIDING SYSTEM VALUE
SELECT n, p.id, pg_temp.uid(n, 20), to_char(day, 'YYYYMMDD'),
  to_char(timestamp '2000-01-01' + clock, CASE WHEN n % 3 = 0 THEN 'HH24MISS' ELSE 'HH24MISS.MS' END), '',
  CASE WHEN n % 20 = 0 THEN '' ELSE 'A' || to_char(day, 'YYMMDD') || lpad((n % 10000)::text, 4, '0') END, lpad((n % 1000000)::text, 6, '0'),
  what.value, 'Bệnh viện Đa khoa tỉnh', doctor.value, doctor.folded, p.patient_name, p.patient_name_folded, p.patient_name_words,
  p.patient_id, p.issuer, p.patient_birth_date, p.patient_sex,
  CASE WHEN NOT has_report THEN ARRAY[modality] WHEN modality < 'SR' THEN ARRAY[modality, 'SR'] ELSE ARRAY['SR', modality] END,
  1 + (n - 1) % 5,
  pg_temp.instances_before(pg_temp.series_before(n + 1) + 1) - pg_temp.instances_before(pg_temp.series_before(n) + 1),
  CASE WHEN n % 500 = 7 THEN '{study-differs}'::text[] ELSE '{}' END,
  (day + clock) AT TIME ZONE 'Asia/Ho_Chi_Minh', (day + clock) AT TIME ZONE 'Asia/Ho_Chi_Minh', true
FROM fill CROSS JOIN made JOIN index.patient p ON p.id = made.patient
  JOIN part AS what ON what.kind = 'description ' || modality AND what.slot = pg_temp.draw(n, 14, fill.description_slots)
  JOIN part AS doctor ON doctor.kind = 'doctor' AND doctor.slot = pg_temp.draw(n, 15, fill.doctor_slots)
ORDER BY n;

-- Who is known by a number of the hospital's own brings the citizen's identity number too, in three of four studies.
INSERT INTO index.other_patient_ids (study, item, other_patient_id, issuer_of_other_patient_id)
SELECT n, 1, '0' || lpad((36000000000 + p.id * 7)::text, 11, '0'), 'CCCD'
FROM made JOIN index.patient p ON p.id = made.patient WHERE p.patient_id LIKE 'BN%' AND n % 4 > 0
ORDER BY n;

INSERT INTO index.series (id, study, series_instance_uid, modality, series_number, series_description, series_date, series_time,
  body_part_examined, laterality, protocol_name, station_name, manufacturer, performed_procedure_step_start_date,
  performed_procedure_step_start_time, number_of_instances, generation)
OVERRIDING SYSTEM VALUE
SELECT e, n, pg_temp.uid(e, 21), CASE WHEN has_report AND at = (n - 1) % 5 THEN 'SR' ELSE modality END, at + 1,
  (ARRAY['Thăm dò', 'Trước tiêm', 'Động mạch', 'Tĩnh mạch', 'Dựng hình'])[at + 1], to_char(day, 'YYYYMMDD'),
  to_char(timestamp '2000-01-01' + clock + at * interval '90 s', 'HH24MISS'),
  (ARRAY['CHEST', 'ABDOMEN', 'HEAD', 'LSPINE', 'KNEE'])[1 + pg_temp.draw(n, 16, 5)], '', modality || ' ROUTINE', modality || '0' || (1 + n % 3),
  (ARRAY['SIEMENS', 'GE MEDICAL SYSTEMS', 'FUJIFILM Corporation', 'Canon Medical Systems'])[1 + n % 4],
  to_char(day, 'YYYYMMDD'), to_char(timestamp '2000-01-01' + clock, 'HH24MISS'),
  pg_temp.instances_before(e + 1) - pg_temp.instances_before(e), 1
FROM made CROSS JOIN LATERAL generate_series(0, ((n - 1) % 5)::integer) AS at
  CROSS JOIN LATERAL (SELECT pg_temp.series_before(n) + 1 + at AS e) AS numbered
ORDER BY e;

INSERT INTO index.request_attributes (series, item, scheduled_procedure_step_id, requested_procedure_id)
SELECT e, 1, 'SPS' || n, 'RP' || n
FROM made CROSS JOIN LATERAL generate_series(pg_temp.series_before(n) + 1, pg_temp.series_before(n + 1)) AS e
WHERE n % 3 = 0
ORDER BY e;

INSERT INTO index.instance (id, series, received_at, "offset", length, pixel_offset, pixel_length, sop_class, transfer_syntax, source,
  instance_number, number_of_frames, "rows", "columns", samples_per_pixel, bits_allocated, version, state, store, sop_instance_uid, key,
  digest, frames)
OVERRIDING SYSTEM VALUE
SELECT i, e, came, 350 + i % 8, 526000 + i % 700, 1700 + i % 700, 524288, sop_class, transfer_syntax, source, k + 1, NULL, 512, 512, 1, 16, 1, 0,
  store, pg_temp.uid(i, 22), to_char(came AT TIME ZONE 'UTC', '"i/"YYYY/MM/DD/HH24/') || md5(int8send(i)), sha256(int8send(i)), NULL
FROM fill CROSS JOIN made CROSS JOIN LATERAL generate_series(pg_temp.series_before(n) + 1, pg_temp.series_before(n + 1)) AS e
  CROSS JOIN LATERAL generate_series(0, (pg_temp.instances_before(e + 1) - pg_temp.instances_before(e) - 1)::integer) AS k
  CROSS JOIN LATERAL (SELECT pg_temp.instances_before(e) + 1 + k AS i, (day + clock) AT TIME ZONE 'Asia/Ho_Chi_Minh' AS came) AS numbered
ORDER BY n, e, k;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['index.patient', 'index.study', 'index.series', 'index.instance'] LOOP
    EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), max(id)) FROM %s', name, name);
  END LOOP;
END $$;
