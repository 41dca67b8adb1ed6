-- Rejection notes (IHE RAD TF-3 4.66) and completeness of studies.

ALTER TABLE index.study
  -- A rejection note names instances of it: then each arrival is looked up, and only then.
  ADD COLUMN has_rejections boolean NOT NULL DEFAULT false,
  -- Nothing has come since it was said to be complete. What is here before this column counts as complete.
  ADD COLUMN is_complete    boolean NOT NULL DEFAULT true;
ALTER TABLE index.study ALTER COLUMN is_complete SET DEFAULT false;
-- Few at any time, and a burst of instances leaves the column, and so the row's place in every index, as it is.
CREATE INDEX study_incomplete ON index.study (id) WHERE NOT is_complete;

-- Objects of an earlier generation than this show what has been taken away.
ALTER TABLE index.series ADD COLUMN least_generation bigint NOT NULL DEFAULT 0;

-- A Key Object Selection that was stored as an instance of state 2, and rejects what it names.
CREATE TABLE index.rejection (
  note             bigint PRIMARY KEY,
  sop_instance_uid text COLLATE "C" NOT NULL UNIQUE,
  -- Of the document title (0040,A043), coding scheme DCM: 113001, 113037, 113038, 113039.
  code             text COLLATE "C" NOT NULL,
  -- It rejects instances of this patient's studies only.
  issuer           text COLLATE "C" NOT NULL,
  patient_id       text COLLATE "C" NOT NULL,
  received_at      timestamptz NOT NULL,
  source           integer NOT NULL
);
CREATE INDEX rejection_received ON index.rejection (received_at, note);

-- What notes name, whether it is here or not.
CREATE TABLE index.rejected (
  study_instance_uid text COLLATE "C" NOT NULL,
  sop_instance_uid   text COLLATE "C" NOT NULL,
  note               bigint NOT NULL,
  PRIMARY KEY (study_instance_uid, sop_instance_uid, note)
);
CREATE INDEX rejected_note ON index.rejected (note);
