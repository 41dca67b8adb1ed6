-- Why a job failed becomes a word that people have a sentence for, with what the log says of it. Of what was noted before there is
-- the English sentence only.
ALTER TABLE index.owed ALTER COLUMN error TYPE jsonb
  USING CASE WHEN error IS NOT NULL THEN jsonb_build_object('code', 'unexpected', 'reason', error) END;
