-- Instance availability notifications (PS3.4 Annex R) that devices have yet to get: one row for a study, however much happens.

-- A UID from a random number (PS3.5 B.2).
CREATE OR REPLACE FUNCTION index.new_uid() RETURNS text LANGUAGE sql VOLATILE AS $$
  WITH random AS MATERIALIZED (SELECT uuid_send(gen_random_uuid()) AS bytes)
  SELECT '2.25.' || trunc(sum(get_byte(bytes, at) * power(256::numeric, 15 - at))) FROM random, generate_series(0, 15) AS at
$$;

-- While an index is rebuilt nothing happens that is not known.
CREATE OR REPLACE FUNCTION index.owe_availability(studies text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO site.availability_notification (device, study_instance_uid, sop_instance_uid)
  SELECT d.id, uid, index.new_uid() FROM site.device d CROSS JOIN (SELECT DISTINCT unnest(studies) AS uid) s
  WHERE d.wants_availability AND d.state = 'approved' AND to_regnamespace('index_is_being_rebuilt') IS NULL
  ORDER BY d.id, uid
  ON CONFLICT (device, study_instance_uid) DO UPDATE SET sop_instance_uid = excluded.sop_instance_uid,
    generation = availability_notification.generation + 1, owed_at = now(), due_at = now(), attempts = 0
$$;
