-- A million studies have some hundred thousand names. Words are looked for among those, and the studies of each name are
-- read from one index, which knows their place in the order of dates too. So a search by name costs what it finds.

-- Every name that a study has, or had: nothing takes one away but a rebuild.
CREATE TABLE index.person_name (
  id                  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient_name_folded text NOT NULL,
  patient_name_words  text NOT NULL
);
INSERT INTO index.person_name (patient_name_folded, patient_name_words)
-- In the order in which they came: PostgreSQL takes it that those with the same word are spread over the numbers.
SELECT patient_name_folded, min(patient_name_words) FROM index.study GROUP BY patient_name_folded ORDER BY min(id);
-- How a name begins; and the few names with several groups, which are looked through.
CREATE UNIQUE INDEX person_name_folded ON index.person_name (patient_name_folded text_pattern_ops);
CREATE INDEX person_name_groups ON index.person_name (id) WHERE patient_name_folded LIKE '%=%';
-- Words and beginnings of words, written as index/name-matching.ts writes it; and what has wildcards elsewhere.
CREATE INDEX person_name_lexemes ON index.person_name
  USING gin (array_to_tsvector(string_to_array(btrim(patient_name_words), ' '))) WITH (fastupdate = off);
CREATE INDEX person_name_trigrams ON index.person_name USING gin (patient_name_words gin_trgm_ops) WITH (fastupdate = off);

-- Modalities (PS3.3 C.7.3.1.1.1) as bits of a number, so that an index can hold those of a study, however many. Never to be
-- changed but by a migration that counts anew.
CREATE FUNCTION index.common_modalities() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT '{CR,CT,MR,US,OT,BI,DG,ES,LS,PT,RG,TG,XA,RF,RTIMAGE,RTDOSE,RTSTRUCT,RTPLAN,RTRECORD,HC,DX,NM,MG,IO,PX,GM,SM,XC,PR,AU,EPS,HD,
    SR,IVUS,OP,SMR,AR,KER,VA,SRF,OCT,LEN,OPV,OPM,OAM,RESP,KO,SEG,REG,OPT,BDUS,BMD,DOC,FID,PLAN,IOL,IVOCT,M3D,CFM,ECG,OSS}'::text[]
$$;
CREATE FUNCTION index.modality_bits(listed text[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(bit_or(1::bigint << (array_position(index.common_modalities(), modality) - 1)), 0) FROM unnest(listed) AS modality
$$;

DROP INDEX index.study_patient_name, index.study_patient_name_start, index.study_patient_name_groups;
ALTER TABLE index.study ADD COLUMN name integer, ADD COLUMN modality_bits bigint;
UPDATE index.study s SET name = n.id, modality_bits = index.modality_bits(s.modalities)
FROM index.person_name n WHERE n.patient_name_folded = s.patient_name_folded;
ALTER TABLE index.study ALTER COLUMN name SET NOT NULL, ALTER COLUMN modality_bits SET NOT NULL;

-- Whoever writes a study's name or modalities writes these too.
CREATE FUNCTION index.number_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    SELECT n.id INTO NEW.name FROM index.person_name n WHERE n.patient_name_folded = NEW.patient_name_folded;
    EXIT WHEN FOUND;
    INSERT INTO index.person_name (patient_name_folded, patient_name_words)
    VALUES (NEW.patient_name_folded, NEW.patient_name_words) ON CONFLICT DO NOTHING RETURNING id INTO NEW.name;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER study_name BEFORE INSERT OR UPDATE OF patient_name_folded ON index.study
  FOR EACH ROW EXECUTE FUNCTION index.number_name();
CREATE FUNCTION index.note_modalities() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.modality_bits := index.modality_bits(NEW.modalities);
  RETURN NEW;
END $$;
CREATE TRIGGER study_modality_bits BEFORE INSERT OR UPDATE OF modalities ON index.study
  FOR EACH ROW EXECUTE FUNCTION index.note_modalities();

CREATE INDEX study_by_name ON index.study (name, study_date, study_time, id) INCLUDE (modality_bits) WHERE NOT is_empty;
-- What narrows a few days down stands in the order of dates too.
DROP INDEX index.study_in_order;
CREATE INDEX study_in_order ON index.study (study_date, study_time, id) INCLUDE (name, modality_bits) WHERE NOT is_empty;
-- An index alone answers only for pages that a vacuum has seen since they changed: soon enough for those of the last weeks.
ALTER TABLE index.study SET (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.05);
