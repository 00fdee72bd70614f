-- New products, target groups and the ages of age groups are managed lists too (features F88): a proposal, a second person, and
-- the day from which it holds. The seed of target groups and ages equals what is built into `domain`; a test compares them.
SET LOCAL ROLE cims_owner;

CREATE TABLE target_groups (
    code       text PRIMARY KEY,
    -- Order of the list.
    place      integer GENERATED ALWAYS AS IDENTITY,
    meaning    text NOT NULL,
    valid_from date NOT NULL DEFAULT '2021-01-01',
    valid_to   date,
    change_id  uuid REFERENCES list_changes,
    CONSTRAINT target_groups_code_form CHECK (code ~ '^[A-Z][A-Z0-9_]{0,29}$')
);
INSERT INTO target_groups (code, meaning) VALUES
    ('BEWONER_INSTELLING', 'Bewoner van een instelling'),
    ('KWETSBAAR_OUDER', 'Kwetsbare oudere'),
    ('LEEFTIJD', 'Op leeftijd'),
    ('MEDISCHE_INDICATIE', 'Medische indicatie'),
    ('ZORGMEDEWERKER', 'Zorgmedewerker'),
    ('SPECIAAL_BEROEP', 'Bijzonder beroep'),
    ('OVERIG', 'Overig');

-- From which age on each group of counts without consent starts; the one before it ends the year before.
CREATE TABLE age_groups (
    code       text PRIMARY KEY,
    first_age  smallint NOT NULL,
    valid_from date NOT NULL DEFAULT '2021-01-01',
    change_id  uuid REFERENCES list_changes,
    CONSTRAINT age_groups_code_known CHECK (code IN ('A', 'B', 'C')),
    CONSTRAINT age_groups_age CHECK (first_age BETWEEN 0 AND 120)
);
INSERT INTO age_groups (code, first_age)
    SELECT g.code, COALESCE((s.value -> g.code ->> 0)::smallint, g.first_age)
    FROM (VALUES ('A', 12::smallint), ('B', 18::smallint), ('C', 60::smallint)) AS g (code, first_age)
    LEFT JOIN settings s ON s.key = 'cohorts';
DELETE FROM settings WHERE key = 'cohorts';

GRANT SELECT ON target_groups, age_groups TO cims_portal, cims_worker;
GRANT INSERT, UPDATE ON target_groups, age_groups TO cims_worker;

-- Numbers of products, given when somebody proposes one: it stays the same for ever, and no other gets it.
CREATE SEQUENCE vaccine_numbers AS smallint;
SELECT setval('vaccine_numbers', (SELECT max(id) FROM vaccines));
GRANT USAGE ON SEQUENCE vaccine_numbers TO cims_worker;
-- Since when it is in the list; nothing for those of the first one.
ALTER TABLE vaccines ADD COLUMN valid_from date;

ALTER TABLE list_changes
    DROP CONSTRAINT list_changes_list_known,
    ADD CONSTRAINT list_changes_list_known CHECK (list IN ('batches', 'names', 'codes', 'products', 'groups', 'ages'));
-- A proposed product is not there yet; of target groups and ages the product is 0.
ALTER TABLE list_items DROP CONSTRAINT list_items_vaccine_fkey;

CREATE OR REPLACE VIEW list_entries AS
    SELECT 'batches' AS list, b.lot AS key, b.vaccine,
           jsonb_strip_nulls(jsonb_build_object('hpk', b.hpk, 'released', b.entry_date, 'last_day', b.expiration_date,
                                                'ended', b.valid_to IS NOT NULL)) AS entry,
           b.valid_from, b.valid_to, b.change_id
    FROM batches b
    UNION ALL
    SELECT 'names', a.alias, a.vaccine, jsonb_build_object('ended', a.valid_to IS NOT NULL), a.valid_from, a.valid_to, a.change_id
    FROM (SELECT DISTINCT ON (alias, vaccine) * FROM vaccine_aliases ORDER BY alias, vaccine, valid_from DESC) a
    UNION ALL
    SELECT 'codes', h.hpk, h.vaccine, jsonb_build_object('ended', h.valid_to IS NOT NULL), h.valid_from, h.valid_to, h.change_id
    FROM (SELECT DISTINCT ON (hpk, vaccine) * FROM vaccine_hpk ORDER BY hpk, vaccine, valid_from DESC) h
    UNION ALL
    SELECT 'products', v.name, v.id,
           jsonb_strip_nulls(jsonb_build_object('doses', v.doses, 'min_days', v.min_interval_days, 'first_use', v.first_use,
                                                'eu', v.eu_number, 'ended', v.valid_to IS NOT NULL)),
           v.valid_from, v.valid_to, v.change_id
    FROM vaccines v
    UNION ALL
    SELECT 'groups', g.code, 0::smallint, jsonb_build_object('meaning', g.meaning, 'ended', g.valid_to IS NOT NULL),
           g.valid_from, g.valid_to, g.change_id
    FROM target_groups g
    UNION ALL
    SELECT 'ages', a.code, 0::smallint, jsonb_build_object('first_age', a.first_age, 'ended', false), a.valid_from, NULL, a.change_id
    FROM age_groups a;

RESET ROLE;
