-- Numbers under which others know the patient: each item of Other Patient IDs Sequence (0010,1002), and each value of the retired
-- Other Patient IDs (0010,1000). As all that is said of a patient, they are the study's that they came with. Studies that are
-- here already have theirs when the index is rebuilt.
CREATE TABLE index.other_patient_ids (
  study                      bigint NOT NULL REFERENCES index.study ON DELETE CASCADE,
  item                       smallint NOT NULL,
  other_patient_id           text COLLATE "C" NOT NULL,
  issuer_of_other_patient_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (study, item)
);
CREATE INDEX other_patient_id ON index.other_patient_ids (other_patient_id) WHERE other_patient_id <> '';
