-- A million studies: whatever a person searches by is found by an index, or read in the order of the list until the page is full.

CREATE INDEX study_modalities ON index.study USING gin (modalities) WITH (fastupdate = off);
CREATE INDEX study_birth_date ON index.study (patient_birth_date) WHERE patient_birth_date <> '';
CREATE INDEX study_study_id ON index.study (study_id) WHERE study_id <> '';
-- As words between blanks, written as index/name-matching.ts writes it.
CREATE INDEX study_referring_physician ON index.study
  USING gin (regexp_replace(' ' || referring_physician_folded || ' ', '[\s^=,]+', ' ', 'g') gin_trgm_ops) WITH (fastupdate = off);

-- What waits in a GIN index's list is read whole by every search: up to 4 MB, where few rows are deleted and a vacuum comes
-- once in years.
ALTER INDEX index.study_patient_name SET (fastupdate = off);
ALTER INDEX index.patient_name SET (fastupdate = off);
SELECT gin_clean_pending_list('index.study_patient_name'), gin_clean_pending_list('index.patient_name');

-- Where no study is named, a modality of series: the rare ones.
CREATE INDEX series_modality ON index.series (modality);

ANALYZE index.study;
