-- Several machines may have one AE title: the address tells them apart, where the one that asked is not in the registry (any
-- more), or is one of a network there. Null of requests that came before.
ALTER TABLE site.commitment ADD COLUMN address text COLLATE "C";
