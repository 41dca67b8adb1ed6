-- What the registry says of a device's associations, and what it tells of them.
ALTER TABLE site.device
  -- Its port speaks TLS.
  ADD COLUMN tls             boolean NOT NULL DEFAULT false,
  -- SHA-256 of the certificate that it shows, calling and called, in hexadecimal; null where that does not matter.
  ADD COLUMN tls_fingerprint text COLLATE "C" CHECK (tls_fingerprint ~ '^[0-9a-f]{64}$'),
  -- Whether an account has to stand behind its associations (PS3.7 D.3.3.7).
  ADD COLUMN user_identity   text COLLATE "C" NOT NULL DEFAULT 'none' CHECK (user_identity IN ('none', 'optional', 'required')),
  -- What it may do here; presentation contexts of all else are refused.
  ADD COLUMN services        text[] NOT NULL DEFAULT ARRAY['store', 'query-retrieve', 'worklist', 'mpps', 'commitment']
    CHECK (services <@ ARRAY['store', 'query-retrieve', 'worklist', 'mpps', 'commitment']),
  -- Specific Character Set of data sets that do not name one, values joined by backslashes; empty for the default repertoire.
  ADD COLUMN character_set   text COLLATE "C" NOT NULL DEFAULT '' CHECK (length(character_set) <= 64),
  ADD COLUMN room            text NOT NULL DEFAULT '' CHECK (length(room) <= 64),
  ADD COLUMN description     text NOT NULL DEFAULT '' CHECK (length(description) <= 256),
  -- Figures to look at, written every few seconds.
  ADD COLUMN associations    bigint NOT NULL DEFAULT 0,
  ADD COLUMN failures        bigint NOT NULL DEFAULT 0,
  -- What failed last, in English, as the log has it: never a patient's name.
  ADD COLUMN last_failure    text,
  ADD COLUMN last_failed_at  timestamptz;
