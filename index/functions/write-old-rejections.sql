-- Brings older rows in line with what rejection notes say now. A note that names no issuer, or names studies without one, rejected
-- nothing once (index.is_same_patient), and what came later is hidden by it all the same: of one note some and not the others.
-- Stands in the last of these files, because it calls what the others make. Changes nothing where it runs again.
SELECT index.settle_rejection(due.note, 'infinity') FROM (
  SELECT n.note FROM index.rejection n
  -- With a limit, note by note: a join would read all instances.
  CROSS JOIN LATERAL (
    SELECT FROM index.rejected r
    JOIN index.study s ON s.study_instance_uid = r.study_instance_uid
    JOIN index.instance i ON i.sop_instance_uid = r.sop_instance_uid AND i.state = 0
    JOIN index.series e ON e.id = i.series AND e.study = s.id
    WHERE r.note = n.note AND (n.issuer = '') <> (s.issuer_of_patient_id = '')
      AND index.is_rejected(s, i.sop_instance_uid, i.received_at, 'infinity')
    LIMIT 1) shown
  ORDER BY n.note) due;
