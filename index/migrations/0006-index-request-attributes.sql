-- A series may have been made for several requests: each item of its Request Attributes Sequence (0040,0275) is a row, so that
-- keys match item by item (PS3.4 C.2.2.2.6). Until the index is rebuilt, series that are here already show their first item.
CREATE TABLE index.request_attributes (
  series                      bigint NOT NULL REFERENCES index.series ON DELETE CASCADE,
  item                        smallint NOT NULL,
  scheduled_procedure_step_id text COLLATE "C" NOT NULL,
  requested_procedure_id      text COLLATE "C" NOT NULL,
  PRIMARY KEY (series, item)
);
INSERT INTO index.request_attributes (series, item, scheduled_procedure_step_id, requested_procedure_id)
SELECT id, 1, scheduled_procedure_step_id, requested_procedure_id FROM index.series
WHERE scheduled_procedure_step_id <> '' OR requested_procedure_id <> '';
CREATE INDEX request_scheduled_procedure_step_id ON index.request_attributes (scheduled_procedure_step_id)
  WHERE scheduled_procedure_step_id <> '';
CREATE INDEX request_requested_procedure_id ON index.request_attributes (requested_procedure_id)
  WHERE requested_procedure_id <> '';
ALTER TABLE index.series DROP COLUMN scheduled_procedure_step_id, DROP COLUMN requested_procedure_id;
