-- What a performed step says it made (Performed Series Sequence), where it has ended; and whether its studies wait for some of
-- it, to be complete.
ALTER TABLE site.performed_step ADD COLUMN instances text[] NOT NULL DEFAULT '{}',
  ADD COLUMN is_awaited boolean NOT NULL DEFAULT false;
UPDATE site.performed_step SET instances = ARRAY(
  SELECT DISTINCT jsonb_array_elements_text(jsonb_path_query_array(attributes,
    '$."00400340".Value[*].*.Value[*]."00081155".Value[0] ? (@.type() == "string")')))
WHERE state <> 'in progress';
CREATE INDEX performed_step_awaited ON site.performed_step (changed_at) WHERE is_awaited;
-- What changed lately is asked once a second while anybody listens.
CREATE INDEX performed_step_changed ON site.performed_step (changed_at);
