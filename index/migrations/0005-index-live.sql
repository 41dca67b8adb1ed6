-- What the study list and the status page watch.

-- Which studies changed lately is asked once a second while anybody looks. A BRIN index, because it leaves an update of
-- changed_at within its page (a B-tree would take each update through every index of the table), and is a few pages long.
CREATE INDEX study_changed ON index.study USING brin (changed_at) WITH (pages_per_range = 16, autosummarize = on);
-- Few studies wait for a person; they are found among millions, in the order of the list.
CREATE INDEX study_flagged ON index.study (study_date, study_time, id) WHERE flags <> '{}' AND NOT is_empty;

-- Why the last run of a job failed for good. It is tried again by itself, later each time; gone with the row when it succeeds.
ALTER TABLE index.owed
  ADD COLUMN error     text,
  ADD COLUMN failed_at timestamptz;
