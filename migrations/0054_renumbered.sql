-- A person stays one person when the BRP gives another BSN (domain facts §6), and what the BRP says later of a death or of
-- a list that is none is held against what was stored before.
SET LOCAL ROLE cims_owner;

-- Lists that came back with another BSN, and what became of the person who was known by the old one.
CREATE TABLE brp_renumbered (
    load_id        uuid NOT NULL REFERENCES brp_loads,
    pl_id          text NOT NULL,
    old_key        text NOT NULL,
    old_mac        bytea NOT NULL,
    -- As the list had it before this load.
    old_birth_date text,
    -- nobody: no person of the register. unclear: RIVM looks at what that person has.
    outcome        text,
    settled_at     timestamptz,
    CONSTRAINT brp_renumbered_pk PRIMARY KEY (load_id, pl_id),
    CONSTRAINT brp_renumbered_outcome_known CHECK (outcome IN ('nobody', 'moved', 'unclear')),
    CONSTRAINT brp_renumbered_settled CHECK ((settled_at IS NULL) = (outcome IS NULL))
);
-- Small: what waits, and what may still get a person who was on the way.
CREATE INDEX brp_renumbered_waiting ON brp_renumbered (old_key, old_mac) WHERE outcome IS NULL OR outcome = 'nobody';

-- BSNs that a person had: to be found by, and to be read. Sealed as they stood in `persons` (associated data = person).
CREATE TABLE person_numbers (
    person_id uuid NOT NULL REFERENCES persons,
    mac_key   text NOT NULL,
    bsn_mac   bytea NOT NULL,
    bsn_enc   bytea NOT NULL,
    until     timestamptz NOT NULL DEFAULT now(),
    load_id   uuid NOT NULL REFERENCES brp_loads,
    CONSTRAINT person_numbers_pk PRIMARY KEY (person_id, mac_key, bsn_mac, load_id)
);
CREATE INDEX person_numbers_bsn ON person_numbers (bsn_mac);

-- Two persons of the register that the BRP says are one: the second has nothing any more but its history.
ALTER TABLE persons
    ADD COLUMN merged_into uuid REFERENCES persons,
    ADD CONSTRAINT persons_merged_has_no_bsn CHECK (merged_into IS NULL OR bsn_mac IS NULL),
    ADD CONSTRAINT persons_merged_of_two CHECK (merged_into <> id);
CREATE INDEX persons_merged ON persons (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE person_merges (
    id           uuid PRIMARY KEY,
    kept         uuid NOT NULL REFERENCES persons,
    gone         uuid NOT NULL REFERENCES persons,
    load_id      uuid NOT NULL REFERENCES brp_loads,
    -- Vaccinations that came over, and of those the ones that the kept person had already.
    vaccinations uuid[] NOT NULL,
    same         uuid[] NOT NULL,
    merged_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT person_merges_of_two CHECK (kept <> gone)
);
CREATE INDEX person_merges_gone ON person_merges (gone);

-- The load that last changed whether the list is suspended, or when its person died.
ALTER TABLE brp_lists ADD COLUMN standing_load uuid REFERENCES brp_loads;
CREATE INDEX brp_lists_standing ON brp_lists (standing_load) WHERE standing_load IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON brp_renumbered TO cims_worker;
-- History: nothing of it changes but the key that a value is sealed under.
GRANT SELECT, INSERT ON person_numbers, person_merges TO cims_worker;
GRANT UPDATE (bsn_enc) ON person_numbers TO cims_worker;

RESET ROLE;
