-- What searching wants beside the columns themselves.

-- Patients are found by name as studies are.
ALTER TABLE index.patient
  ADD COLUMN patient_name_folded text NOT NULL DEFAULT '',
  ADD COLUMN patient_name_words  text NOT NULL DEFAULT ' ';
UPDATE index.patient p SET patient_name_folded = s.patient_name_folded, patient_name_words = s.patient_name_words
FROM index.study s WHERE s.patient = p.id AND s.patient_name = p.patient_name;
CREATE INDEX patient_number ON index.patient (patient_id) WHERE patient_id <> '';
CREATE INDEX patient_name_start ON index.patient (patient_name_folded text_pattern_ops);
CREATE INDEX patient_name ON index.patient USING gin (patient_name_words gin_trgm_ops);

-- Component by component, a name is found by how it begins; names with several groups are few and looked through.
CREATE INDEX study_patient_name_start ON index.study (patient_name_folded text_pattern_ops);
CREATE INDEX study_patient_name_groups ON index.study (id) WHERE patient_name_folded LIKE '%=%';

CREATE INDEX series_scheduled_procedure_step_id ON index.series (scheduled_procedure_step_id) WHERE scheduled_procedure_step_id <> '';
CREATE INDEX series_requested_procedure_id ON index.series (requested_procedure_id) WHERE requested_procedure_id <> '';

-- Pages and totals read the order of studies from this index alone. What is not found stands in a column of its own, because
-- a count that changes with every instance would take each update through every index.
ALTER TABLE index.study ADD COLUMN is_empty boolean NOT NULL DEFAULT false;
UPDATE index.study SET is_empty = true WHERE number_of_instances = 0;
DROP INDEX index.study_in_order;
CREATE INDEX study_in_order ON index.study (study_date, study_time, id) WHERE NOT is_empty;
