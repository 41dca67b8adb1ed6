-- What failed with a device becomes a word that people have a sentence for, with what fills it in. Of what was noted before
-- there is the English sentence only.
ALTER TABLE site.device ALTER COLUMN last_failure TYPE jsonb
  USING CASE WHEN last_failure IS NOT NULL THEN jsonb_build_object('code', 'requestFailed', 'reason', last_failure) END;
ALTER TABLE site.commitment ALTER COLUMN error TYPE jsonb
  USING CASE WHEN error IS NOT NULL THEN jsonb_build_object('code', 'answeredFailure', 'reason', error) END;
