-- Code lists change by a proposal that a second person agrees to (features F88, F-X4; security G18). What stood there
-- before stays in the proposal; nothing is deleted.
SET LOCAL ROLE cims_owner;

CREATE TABLE list_changes (
    id            uuid PRIMARY KEY,
    list          text NOT NULL,
    state         text NOT NULL DEFAULT 'draft',
    -- Where it comes from, as typed, sealed (associated data = id).
    source_sealed bytea NOT NULL,
    -- The day from which it holds; a job puts it in the list on that day.
    holds_from    date NOT NULL,
    -- Of an imported list: lines read, those that say what stands there already, and those that were not taken, with what
    -- is wrong; no value of a line.
    lines         integer,
    unchanged     integer NOT NULL DEFAULT 0,
    wrong         jsonb NOT NULL DEFAULT '[]',
    -- Rows that waited, by what they came to.
    accepted      integer NOT NULL DEFAULT 0,
    to_review     integer NOT NULL DEFAULT 0,
    asked_by      uuid NOT NULL REFERENCES users,
    asked_at      timestamptz NOT NULL,
    decided_by    uuid REFERENCES users,
    decided_at    timestamptz,
    applied_at    timestamptz,
    finished_at   timestamptz,
    CONSTRAINT list_changes_list_known CHECK (list IN ('batches', 'names', 'codes', 'products')),
    CONSTRAINT list_changes_state_known CHECK (state IN ('draft', 'asked', 'rejected', 'called_back', 'agreed', 'applied', 'done')),
    CONSTRAINT list_changes_decided CHECK (state IN ('draft', 'asked') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT list_changes_four_eyes CHECK (state NOT IN ('agreed', 'applied', 'done') OR decided_by <> asked_by)
);
CREATE INDEX list_changes_newest ON list_changes (asked_at DESC);

CREATE TABLE list_items (
    change_id uuid NOT NULL REFERENCES list_changes,
    place     integer NOT NULL,
    key       text NOT NULL,
    vaccine   smallint NOT NULL REFERENCES vaccines,
    -- What the list said when it was proposed, and what it is to say.
    before    jsonb,
    after     jsonb NOT NULL,
    CONSTRAINT list_items_pk PRIMARY KEY (change_id, place),
    CONSTRAINT list_items_once UNIQUE (change_id, key, vaccine)
);
CREATE INDEX list_items_history ON list_items (key, vaccine);
GRANT SELECT, INSERT, UPDATE ON list_changes TO cims_worker;
GRANT SELECT, INSERT ON list_items TO cims_worker;

-- Since when an entry is in its list, until when, and by which change.
ALTER TABLE batches
    ADD COLUMN valid_from date NOT NULL DEFAULT '2021-01-01',
    ADD COLUMN valid_to   date,
    ADD COLUMN change_id  uuid REFERENCES list_changes;
ALTER TABLE vaccine_hpk ADD COLUMN change_id uuid REFERENCES list_changes;
ALTER TABLE vaccine_aliases ADD COLUMN change_id uuid REFERENCES list_changes;
ALTER TABLE vaccines ADD COLUMN change_id uuid REFERENCES list_changes;

-- The lists in one form, an entry as `domain::lists::Entry` has it. Of an entry that ended and came back, the newest.
CREATE VIEW list_entries AS
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
                                                'ended', v.valid_to IS NOT NULL)),
           NULL, v.valid_to, v.change_id
    FROM vaccines v;
GRANT SELECT ON list_entries TO cims_worker;

RESET ROLE;
