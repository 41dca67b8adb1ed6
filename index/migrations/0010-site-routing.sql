-- What goes where: rules, and each send that a rule or a person asked for. Part of the site: a backup holds what is still
-- to be sent, and a rebuilt index does not send ten years again.

CREATE TABLE site.route (
  id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name             text NOT NULL CHECK (name <> '' AND length(name) <= 64),
  enabled          boolean NOT NULL,
  -- Studies with any of these modalities, from any of these AE titles; an empty list asks nothing.
  modalities       text[] NOT NULL,
  source_ae_titles text[] NOT NULL,
  destination      integer NOT NULL REFERENCES site.device ON DELETE CASCADE,
  -- Only between these times of the site's day, perhaps over midnight; null for any time.
  from_time        time,
  until_time       time,
  priority         text COLLATE "C" NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
  -- A study of which nothing has come since then is not its business.
  since            timestamptz NOT NULL DEFAULT now(),
  CHECK ((from_time IS NULL) = (until_time IS NULL))
);

CREATE TABLE site.send (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null for one that a person asked for.
  route               integer REFERENCES site.route ON DELETE SET NULL,
  device              integer REFERENCES site.device ON DELETE SET NULL,
  -- The device's AE title, also when it is gone.
  destination         text COLLATE "C" NOT NULL,
  study_instance_uid  text COLLATE "C" NOT NULL,
  -- Null for the whole study.
  series_instance_uid text COLLATE "C",
  priority            text COLLATE "C" NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
  from_time           time,
  until_time          time,
  state               text COLLATE "C" NOT NULL DEFAULT 'waiting'
                      CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  -- Of a rule's send: the state of the study that it was last asked to send.
  study_changed_at    timestamptz,
  -- It is asked for again while it runs.
  again               boolean NOT NULL DEFAULT false,
  due_at              timestamptz NOT NULL DEFAULT now(),
  -- In a row without anything acknowledged.
  attempts            integer NOT NULL DEFAULT 0,
  cause               text,
  -- Instances there are, and of those acknowledged.
  total               integer,
  sent                integer NOT NULL DEFAULT 0,
  -- Whose run it is, and until when it is if nothing more is heard of it.
  run                 uuid,
  run_until           timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now(),
  changed_at          timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX send_of_route ON site.send (route, device, study_instance_uid);
CREATE INDEX send_open ON site.send (device, due_at) WHERE state IN ('waiting', 'running');
CREATE INDEX send_study ON site.send (study_instance_uid);
CREATE INDEX send_changed ON site.send (changed_at);

-- What of a send was acknowledged, by the digest of its data set: the same instance with other bytes is sent anew.
CREATE TABLE site.sent_instance (
  send   bigint NOT NULL REFERENCES site.send ON DELETE CASCADE,
  digest bytea NOT NULL,
  PRIMARY KEY (send, digest)
);
