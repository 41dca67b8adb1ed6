-- Callers that waited for approval and gave way to later ones, because the registry keeps so many only: one row, that a person
-- who looks for a device learns why it is not there.
CREATE TABLE site.given_way (
  one     boolean     PRIMARY KEY DEFAULT true CHECK (one),
  entries bigint      NOT NULL,
  since   timestamptz NOT NULL,
  last_at timestamptz NOT NULL
);
