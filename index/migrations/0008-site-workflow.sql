-- The modality's loop: what is scheduled, what was performed, and what devices asked us to commit to. Acknowledged to
-- devices, and not found in any object: precious.

-- Scheduled procedure steps (PS3.3 C.4.10), each with its requested procedure, order and patient: an entry of the worklist.
CREATE TABLE site.scheduled_step (
  id                           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state                        text COLLATE "C" NOT NULL DEFAULT 'scheduled'
    CHECK (state IN ('scheduled', 'arrived', 'ready', 'started', 'completed', 'discontinued', 'cancelled')),
  -- By keyword, as workflow/step-attributes.ts has them. The columns below are copies: what narrows a query down.
  attributes                   jsonb NOT NULL,
  study_instance_uid           text COLLATE "C" NOT NULL,
  scheduled_procedure_step_id  text COLLATE "C" NOT NULL,
  accession_number             text COLLATE "C" NOT NULL,
  patient_id                   text COLLATE "C" NOT NULL,
  -- Folded, between blanks (dicom/data/person-name.ts).
  patient_name_words           text NOT NULL,
  modality                     text COLLATE "C" NOT NULL,
  station_ae_titles            text[] NOT NULL,
  start_date                   text COLLATE "C" NOT NULL,
  start_time                   text COLLATE "C" NOT NULL,
  created_at                   timestamptz NOT NULL DEFAULT now(),
  changed_at                   timestamptz NOT NULL DEFAULT now(),
  -- Account, token or program.
  changed_by                   text COLLATE "C" NOT NULL
);
CREATE INDEX scheduled_step_in_order ON site.scheduled_step (start_date, start_time, id);
CREATE INDEX scheduled_step_open ON site.scheduled_step (start_date, start_time, id)
  WHERE state IN ('scheduled', 'arrived', 'ready', 'started');
CREATE INDEX scheduled_step_study ON site.scheduled_step (study_instance_uid);
CREATE INDEX scheduled_step_patient_id ON site.scheduled_step (patient_id);
CREATE INDEX scheduled_step_accession_number ON site.scheduled_step (accession_number) WHERE accession_number <> '';

-- Modality performed procedure steps (PS3.4 Annex F), as the modality created and changed them.
CREATE TABLE site.performed_step (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sop_instance_uid    text COLLATE "C" NOT NULL UNIQUE,
  state               text COLLATE "C" NOT NULL CHECK (state IN ('in progress', 'completed', 'discontinued')),
  -- The whole SOP instance as DICOM JSON (PS3.18 Annex F).
  attributes          jsonb NOT NULL,
  study_instance_uids text[] NOT NULL,
  calling_ae_title    text COLLATE "C" NOT NULL,
  created_at          timestamptz NOT NULL DEFAULT now(),
  changed_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX performed_step_studies ON site.performed_step USING gin (study_instance_uids);
CREATE TABLE site.performed_step_of (
  performed bigint NOT NULL REFERENCES site.performed_step ON DELETE CASCADE,
  scheduled bigint NOT NULL REFERENCES site.scheduled_step ON DELETE CASCADE,
  PRIMARY KEY (performed, scheduled)
);
CREATE INDEX performed_step_of_scheduled ON site.performed_step_of (scheduled);

-- Storage commitment (PS3.4 Annex J): a request that we accepted, until the device has its answer.
CREATE TABLE site.commitment (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_uid  text COLLATE "C" NOT NULL,
  calling_ae_title text COLLATE "C" NOT NULL,
  -- Pairs of SOP class and instance UID.
  requested        jsonb NOT NULL,
  -- checking: the objects are to be read; reporting: `failed` is known, the device is to be told; reported; given-up.
  state            text COLLATE "C" NOT NULL DEFAULT 'checking' CHECK (state IN ('checking', 'reporting', 'reported', 'given-up')),
  -- Of each instance that we do not commit to: its place in `requested`, and the Failure Reason (0008,1197).
  failed           jsonb,
  attempts         smallint NOT NULL DEFAULT 0,
  -- When somebody may take it (up) again.
  next_at          timestamptz NOT NULL,
  error            text,
  requested_at     timestamptz NOT NULL DEFAULT now(),
  checked_at       timestamptz,
  reported_at      timestamptz
);
CREATE INDEX commitment_due ON site.commitment (next_at) WHERE state IN ('checking', 'reporting');
CREATE INDEX commitment_transaction ON site.commitment (transaction_uid);
