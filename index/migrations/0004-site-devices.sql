-- What the devices page tells of a caller beside its address.
ALTER TABLE site.device
  -- Abstract syntaxes of the association that was refused last; empty for a device that calls as approved.
  ADD COLUMN asked            text[] NOT NULL DEFAULT '{}',
  -- Instances that were acknowledged to it. Figures to look at: written every few seconds, so a killed archive forgets some.
  ADD COLUMN stored_instances bigint NOT NULL DEFAULT 0,
  ADD COLUMN last_stored_at   timestamptz;
