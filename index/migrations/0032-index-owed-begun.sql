-- A run of what was handed to the queue has begun: what only waited there has not been tried.
ALTER TABLE index.owed ADD COLUMN is_begun boolean NOT NULL DEFAULT false;
