-- Schema "site": what people entered. Precious: it is what a backup holds, and no command rebuilds it.
-- Forward only: a later migration adds, it never drops or rewrites what stands in these tables.

CREATE SCHEMA site;

-- Who may log in. The password is kept as an argon2id hash (PHC string).
CREATE TABLE site.account (
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name          text COLLATE "C" NOT NULL CHECK (name <> '' AND length(name) <= 64),
  password_hash text COLLATE "C" NOT NULL,
  rights        text[] NOT NULL CHECK (rights <@ ARRAY['store', 'read', 'manage']),
  -- Grows with every change of the row, whoever makes it: a remembered credential holds for one generation only.
  generation    bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL DEFAULT now(),
  changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX account_name ON site.account (lower(name));

CREATE FUNCTION site.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.generation := OLD.generation + 1;
  NEW.changed_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER account_changed BEFORE UPDATE ON site.account FOR EACH ROW EXECUTE FUNCTION site.note_change();

-- One row per browser that is logged in. Only the SHA-256 of what its cookie holds is kept.
CREATE TABLE site.session (
  token_hash   bytea PRIMARY KEY,
  account      integer NOT NULL REFERENCES site.account ON DELETE CASCADE,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_account ON site.session (account);
CREATE INDEX session_expires ON site.session (expires_at);

-- API tokens for programs. Only the SHA-256 is kept; a revoked one stays as a row, for the record.
CREATE TABLE site.token (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         text COLLATE "C" NOT NULL UNIQUE CHECK (name <> '' AND length(name) <= 64),
  token_hash   bytea NOT NULL UNIQUE,
  rights       text[] NOT NULL CHECK (rights <@ ARRAY['store', 'read', 'manage']),
  -- Study Instance UIDs that it may see; null for all.
  studies      text[],
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at   timestamptz
);

-- The device registry: an AE title and where it calls from. Two devices may share an AE title, never both.
CREATE TABLE site.device (
  id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ae_title       text COLLATE "C" NOT NULL CHECK (ae_title <> '' AND length(ae_title) <= 16),
  -- A host name, an address, or a network ('10.1.0.0/16'); a network cannot be a C-MOVE destination.
  host           text COLLATE "C" NOT NULL CHECK (host <> '' AND length(host) <= 255),
  port           integer CHECK (port BETWEEN 1 AND 65535),
  state          text COLLATE "C" NOT NULL CHECK (state IN ('approved', 'waiting', 'refused')),
  -- Whose Patient IDs it sends, where its data sets do not say (Issuer of Patient ID).
  default_issuer text COLLATE "C" NOT NULL DEFAULT '',
  on_other_bytes text COLLATE "C" NOT NULL DEFAULT 'keep-first' CHECK (on_other_bytes IN ('keep-first', 'replace')),
  -- Subject of the certificate that it must show; null where TLS does not name it.
  tls_subject    text COLLATE "C",
  created_at     timestamptz NOT NULL DEFAULT now(),
  last_seen_at   timestamptz,
  UNIQUE (ae_title, host)
);
CREATE INDEX device_waiting ON site.device (last_seen_at) WHERE state = 'waiting';
