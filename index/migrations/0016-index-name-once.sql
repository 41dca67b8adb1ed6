-- A search by name reads indexes alone until it knows which studies are shown, and a new patient goes through the indexes of
-- names only with a name that nobody had before.

-- How a name begins, with its number; and the few names with several groups, which are looked through.
DROP INDEX index.person_name_folded, index.person_name_groups;
CREATE UNIQUE INDEX person_name_folded ON index.person_name (patient_name_folded text_pattern_ops) INCLUDE (id);
CREATE INDEX person_name_groups ON index.person_name (id) INCLUDE (patient_name_folded) WHERE patient_name_folded LIKE '%=%';

-- Beginnings of words are listed as words are, because who types in the box means either: PostgreSQL gathers all that begins
-- with something before it looks for what else is asked, but of what is listed it only looks where the rarest word is.
-- Written as index/name-matching.ts reads it: a word ends in a blank, beginnings of up to 20 characters stand without. No key
-- that is looked for here has more than 400 characters, and no lexeme may have 2 kB. To make the list of a name takes long
-- (60 microseconds): it is for the index, not for name after name.
CREATE FUNCTION index.name_lexemes(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 AS $$
  SELECT array_to_tsvector(coalesce(array_agg(DISTINCT lexeme), '{}')) FROM unnest(string_to_array(btrim(words), ' ')) AS word
    CROSS JOIN LATERAL (
      SELECT left(word, 401) || ' ' AS lexeme UNION ALL SELECT left(word, n) FROM generate_series(1, least(length(word), 20)) AS n) AS listed
  WHERE word <> ''
$$;
DROP INDEX index.person_name_lexemes;
CREATE INDEX person_name_lexemes ON index.person_name USING gin (index.name_lexemes(patient_name_words)) WITH (fastupdate = off);

-- A patient has the number of a name, as studies have: the twenty trigrams of each new patient's name took a quarter of all
-- pages that a new study touches.
DROP INDEX index.patient_name, index.patient_name_start;
INSERT INTO index.person_name (patient_name_folded, patient_name_words)
SELECT patient_name_folded, min(patient_name_words) FROM index.patient GROUP BY patient_name_folded ON CONFLICT DO NOTHING;
ALTER TABLE index.patient ADD COLUMN name integer;
UPDATE index.patient p SET name = n.id FROM index.person_name n WHERE n.patient_name_folded = p.patient_name_folded;
ALTER TABLE index.patient ALTER COLUMN name SET NOT NULL;
CREATE INDEX patient_by_name ON index.patient (name);
CREATE TRIGGER patient_name BEFORE INSERT OR UPDATE OF patient_name_folded ON index.patient
  FOR EACH ROW EXECUTE FUNCTION index.number_name();
-- It gives that number too; functions/readable.sql makes it anew.
DROP FUNCTION IF EXISTS index.readable_patients(text[]);

-- One person: who was born on that day and has one of these names, without a look at the others of either.
DROP INDEX index.study_birth_date;
CREATE INDEX study_birth_date ON index.study (patient_birth_date, name) WHERE patient_birth_date <> '';

ANALYZE index.patient, index.person_name;
