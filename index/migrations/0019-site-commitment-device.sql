-- The very device that asked: several machines may have one AE title. Null for a caller from this machine that is not in the registry.
ALTER TABLE site.commitment ADD COLUMN device integer REFERENCES site.device (id) ON DELETE SET NULL;
