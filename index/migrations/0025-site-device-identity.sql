-- Several machines may have one AE title: the address tells them apart, where the one that asked is not in the registry (any
-- more), or is one of a network there. Null of requests that came before.
ALTER TABLE site.commitment ADD COLUMN address text COLLATE "C";

-- A rule may mean these very devices beside any of an AE title. One that is deleted stays in the list, and nothing comes from
-- it: a rule that named it must not become one for everything.
ALTER TABLE site.route ADD COLUMN source_devices integer[] NOT NULL DEFAULT '{}';
