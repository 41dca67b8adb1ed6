-- How much was said of a performed step, as JSON: who weighs a hundred of them before one is read, unpacks none of them.
ALTER TABLE site.performed_step ADD COLUMN attributes_bytes integer NOT NULL
  GENERATED ALWAYS AS (octet_length(attributes::text)) STORED;
