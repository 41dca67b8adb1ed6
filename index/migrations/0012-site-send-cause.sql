-- Why a send is not through becomes a word that people have a sentence for, with what fills it in. Of what was noted
-- before there is the English sentence only.
ALTER TABLE site.send ALTER COLUMN cause TYPE jsonb
  USING CASE WHEN cause IS NOT NULL THEN jsonb_build_object('code', 'notAllSent', 'reason', cause) END;
