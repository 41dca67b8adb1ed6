-- What no stored object tells: rejections that a person took back, and which studies were said to be complete to whom.

-- A rejection note, by its SOP Instance UID, that no longer rejects anything.
CREATE TABLE site.restored_rejection (
  sop_instance_uid text COLLATE "C" PRIMARY KEY,
  restored_at      timestamptz NOT NULL DEFAULT now(),
  -- As the access record names who did it.
  restored_by      text NOT NULL
);

-- Each time that a study became complete, in the order of the commits (index.complete_study takes care of that).
CREATE TABLE site.study_completed (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_instance_uid text COLLATE "C" NOT NULL,
  said_by            text COLLATE "C" NOT NULL CHECK (said_by IN ('quiet', 'mpps', 'storage-commitment')),
  -- SOP instances that it had then, rejected ones too: a rebuilt index knows by it whether something has come since.
  instances          integer NOT NULL,
  completed_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX study_completed_study ON site.study_completed (study_instance_uid, id);

-- Up to which of those rows each listener has taken them.
CREATE TABLE site.study_completed_consumer (
  name text COLLATE "C" PRIMARY KEY,
  seen bigint NOT NULL
);

-- Studies that were whole before anybody watched are nobody's news, in a rebuilt index too.
CREATE TABLE site.completeness_watched (since timestamptz NOT NULL);
INSERT INTO site.completeness_watched VALUES (now());

-- Devices that are told which instances can be retrieved here (PS3.4 Annex R), and what they have yet to be told.
ALTER TABLE site.device ADD COLUMN wants_availability boolean NOT NULL DEFAULT false;

CREATE TABLE site.availability_notification (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Without a reference: what is owed to a device that is gone, or wants it no more, is deleted at the next look.
  device             integer NOT NULL,
  study_instance_uid text COLLATE "C" NOT NULL,
  -- Of the notification itself: the same at each try, so that a device that has it already can say so.
  sop_instance_uid   text COLLATE "C" NOT NULL,
  -- Grows when more is to be told while it is being sent.
  generation         integer NOT NULL DEFAULT 1,
  owed_at            timestamptz NOT NULL DEFAULT now(),
  due_at             timestamptz NOT NULL DEFAULT now(),
  attempts           integer NOT NULL DEFAULT 0,
  error              text,
  UNIQUE (device, study_instance_uid)
);
CREATE INDEX availability_notification_due ON site.availability_notification (due_at);
