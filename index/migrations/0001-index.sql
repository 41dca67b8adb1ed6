-- Schema "index": what can be searched. Everything in it is rebuilt from the stored objects by one command.
-- Sized for 190 million instances: surrogate keys, narrow instance rows, UIDs compared as bytes (COLLATE "C").

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SCHEMA index;

-- SOP classes and transfer syntaxes, so that an instance row names each in four bytes.
CREATE TABLE index.known_uid (
  id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid text COLLATE "C" NOT NULL UNIQUE
);

-- Where objects lie. One row per STORAGE_URL that was ever used, without its secrets.
CREATE TABLE index.store (
  id  smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url text COLLATE "C" NOT NULL UNIQUE
);

-- Who sent: one row per (door, calling AE title, address).
CREATE TABLE index.source (
  id                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  door              text COLLATE "C" NOT NULL,
  calling_ae_title  text COLLATE "C" NOT NULL,
  address           text COLLATE "C" NOT NULL,
  UNIQUE (door, calling_ae_title, address)
);

-- A patient is (issuer, Patient ID). Without a Patient ID each study has a patient of its own.
CREATE TABLE index.patient (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issuer             text COLLATE "C" NOT NULL,
  patient_id         text COLLATE "C" NOT NULL,
  patient_name       text NOT NULL,
  patient_birth_date text COLLATE "C" NOT NULL,
  patient_sex        text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX patient_identity ON index.patient (issuer, patient_id) WHERE patient_id <> '';

-- One row per study, ready to be sent: with modalities and counts. It shows what the first instance said.
CREATE TABLE index.study (
  id                           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient                      bigint NOT NULL REFERENCES index.patient,
  study_instance_uid           text COLLATE "C" NOT NULL UNIQUE,
  study_date                   text COLLATE "C" NOT NULL,
  study_time                   text COLLATE "C" NOT NULL,
  timezone_offset              text COLLATE "C" NOT NULL,
  accession_number             text COLLATE "C" NOT NULL,
  study_id                     text COLLATE "C" NOT NULL,
  study_description            text COLLATE "C" NOT NULL,
  institution_name             text COLLATE "C" NOT NULL,
  referring_physician_name     text NOT NULL,
  referring_physician_folded   text NOT NULL,
  patient_name                 text NOT NULL,
  -- Folded in TypeScript (NFD, đ → d, case): component groups joined by '=', components by '^'.
  patient_name_folded          text NOT NULL,
  -- The same as words between blanks (' nguyen van anh '), so that one trigram index finds any word in any order.
  patient_name_words           text NOT NULL,
  patient_id                   text COLLATE "C" NOT NULL,
  issuer_of_patient_id         text COLLATE "C" NOT NULL,
  patient_birth_date           text COLLATE "C" NOT NULL,
  patient_sex                  text COLLATE "C" NOT NULL,
  modalities                   text[] NOT NULL DEFAULT '{}',
  number_of_series             integer NOT NULL DEFAULT 0,
  number_of_instances          integer NOT NULL DEFAULT 0,
  -- What a person should look at: patient-differs, demographics-differ, study-differs, version-waits, instance-in-two-studies.
  flags                        text[] NOT NULL DEFAULT '{}',
  received_at                  timestamptz NOT NULL DEFAULT now(),
  changed_at                   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 60);
CREATE INDEX study_patient ON index.study (patient);
CREATE INDEX study_in_order ON index.study (study_date, study_time, id);
CREATE INDEX study_accession_number ON index.study (accession_number) WHERE accession_number <> '';
CREATE INDEX study_patient_id ON index.study (patient_id text_pattern_ops);
CREATE INDEX study_patient_name ON index.study USING gin (patient_name_words gin_trgm_ops);

CREATE TABLE index.series (
  id                                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study                               bigint NOT NULL REFERENCES index.study,
  series_instance_uid                 text COLLATE "C" NOT NULL,
  modality                            text COLLATE "C" NOT NULL,
  series_number                       integer,
  series_description                  text COLLATE "C" NOT NULL,
  series_date                         text COLLATE "C" NOT NULL,
  series_time                         text COLLATE "C" NOT NULL,
  body_part_examined                  text COLLATE "C" NOT NULL,
  laterality                          text COLLATE "C" NOT NULL,
  protocol_name                       text COLLATE "C" NOT NULL,
  station_name                        text COLLATE "C" NOT NULL,
  manufacturer                        text COLLATE "C" NOT NULL,
  performed_procedure_step_start_date text COLLATE "C" NOT NULL,
  performed_procedure_step_start_time text COLLATE "C" NOT NULL,
  scheduled_procedure_step_id         text COLLATE "C" NOT NULL,
  requested_procedure_id              text COLLATE "C" NOT NULL,
  number_of_instances                 integer NOT NULL DEFAULT 0,
  -- Grows with every change of what the series shows; derived objects name the generation they were made from.
  generation                          bigint NOT NULL DEFAULT 0,
  UNIQUE (study, series_instance_uid)
) WITH (fillfactor = 60);
CREATE INDEX series_uid ON index.series (series_instance_uid);

-- No foreign keys here: each would look up and lock its row for every instance, and only index.write_instances writes.
-- state: 0 current, 1 superseded (a version that is kept beside the current one), 2 rejected, 3 quarantined.
CREATE TABLE index.instance (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  series            bigint NOT NULL,
  received_at       timestamptz NOT NULL,
  -- The object: `length` bytes of data set from `offset` on (file meta information lies before), and their SHA-256.
  "offset"          bigint NOT NULL,
  length            bigint NOT NULL,
  -- Top-level Pixel Data: where its value begins in the data set, and its length (native), or -1 when encapsulated.
  pixel_offset      bigint,
  pixel_length      bigint,
  sop_class         integer NOT NULL,
  transfer_syntax   integer NOT NULL,
  source            integer NOT NULL,
  instance_number   integer,
  number_of_frames  integer,
  "rows"            integer,
  "columns"         integer,
  samples_per_pixel smallint,
  bits_allocated    smallint,
  version           smallint NOT NULL,
  state             smallint NOT NULL,
  store             smallint NOT NULL,
  sop_instance_uid  text COLLATE "C" NOT NULL,
  key               text COLLATE "C" NOT NULL,
  digest            bytea NOT NULL,
  -- Encapsulated frames, compactly (dicom/pixels/frame-table.ts); null for native ones, whose offsets are computed.
  frames            bytea,
  UNIQUE (sop_instance_uid, version)
) WITH (fillfactor = 100);
CREATE INDEX instance_series ON index.instance (series);

-- Which jobs want to hear of what. The worker writes its own list here; the archive only says what happened.
CREATE TABLE index.job (
  name     text COLLATE "C" PRIMARY KEY,
  happening text COLLATE "C" NOT NULL
);

-- What is owed: one row per job and key, however much happened. A run deletes only the generation that it read.
CREATE TABLE index.owed (
  job        text COLLATE "C" NOT NULL,
  key        bigint NOT NULL,
  generation bigint NOT NULL,
  first_at   timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- When the row was last handed to the queue, with which generation, and how often with that one: what keeps failing
  -- waits longer each time.
  tried_generation bigint,
  tried_at         timestamptz,
  attempts         smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (job, key)
) WITH (fillfactor = 50);

-- Objects computed from a series (thumbnails, …): which generation of the series they show.
CREATE TABLE index.derived (
  series     bigint NOT NULL REFERENCES index.series ON DELETE CASCADE,
  kind       text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  store      smallint NOT NULL REFERENCES index.store,
  key        text COLLATE "C" NOT NULL,
  length     integer NOT NULL,
  media_type text COLLATE "C" NOT NULL,
  digest     bytea NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (series, kind)
);
