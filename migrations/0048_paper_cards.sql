-- Paper cards (features F11): RIVM keys a card, a second person keys BSN, date and batch again without seeing the first. And
-- the role that does so, which judges and approves nothing.
SET LOCAL ROLE cims_owner;

ALTER TABLE user_roles DROP CONSTRAINT user_roles_known;
ALTER TABLE user_roles ADD CONSTRAINT user_roles_known
    CHECK (role IN ('invoerder', 'instellingsbeheerder', 'leverancier', 'rivm-invoerder', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor'));
ALTER TABLE invitations DROP CONSTRAINT invitations_role_known;
ALTER TABLE invitations ADD CONSTRAINT invitations_role_known
    CHECK (role IN ('invoerder', 'instellingsbeheerder', 'leverancier', 'rivm-invoerder', 'rivm-beoordelaar', 'rivm-beheer', 'privacycoordinator', 'auditor'));

-- Staff that keys cards.
CREATE FUNCTION cims_keys_cards() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT cims_role() = 'rivm-invoerder' $$;
GRANT EXECUTE ON FUNCTION cims_keys_cards() TO cims_portal, cims_worker, cims_log;
-- Whose card it is.
CREATE POLICY of_keyer ON parties FOR SELECT TO cims_portal USING (cims_keys_cards());

CREATE TABLE paper_cards (
    id            uuid PRIMARY KEY,
    -- Who delivers it, by what stands on the card; none while the first is still busy.
    party_id      uuid REFERENCES parties,
    -- As it stands on the card; never a BSN.
    number        text,
    state         text NOT NULL DEFAULT 'draft',
    -- What the first keyed, and what the second did: sealed (associated data = id, and the turn). Gone once it is stored: then
    -- the row of its delivery says it.
    first_by      uuid NOT NULL REFERENCES users,
    first_at      timestamptz NOT NULL,
    first_sealed  bytea,
    -- Keyed hashes of what is keyed twice, with the key they were made with.
    first_macs    text[] NOT NULL DEFAULT '{}',
    second_by     uuid REFERENCES users,
    second_at     timestamptz,
    second_sealed bytea,
    -- Names of the columns in which the two differed.
    differed      text[] NOT NULL DEFAULT '{}',
    settled_by    uuid REFERENCES users,
    settled_at    timestamptz,
    -- Why, sealed (associated data = id).
    reason_sealed bytea,
    delivery_id   uuid REFERENCES deliveries,
    outcome       text,
    -- What the rules found; no values.
    findings      jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT paper_cards_state_known CHECK (state IN ('draft', 'waiting', 'differs', 'stored')),
    CONSTRAINT paper_cards_named CHECK (state = 'draft' OR (party_id IS NOT NULL AND number IS NOT NULL)),
    CONSTRAINT paper_cards_number_form CHECK (number ~ '^[A-Z0-9._-]{1,30}$'),
    -- Four eyes (security G18): whoever keyed it first neither keys it again nor settles what differs.
    CONSTRAINT paper_cards_two_people CHECK (second_by <> first_by AND settled_by <> first_by),
    CONSTRAINT paper_cards_keyed_twice CHECK (state NOT IN ('differs', 'stored') OR (second_by IS NOT NULL AND second_at IS NOT NULL)),
    CONSTRAINT paper_cards_settled CHECK (state <> 'stored' OR differed = '{}' OR (settled_by IS NOT NULL AND settled_at IS NOT NULL AND reason_sealed IS NOT NULL)),
    CONSTRAINT paper_cards_stored CHECK ((state = 'stored') = (delivery_id IS NOT NULL) AND (state = 'stored') = (outcome IS NOT NULL)),
    CONSTRAINT paper_cards_values CHECK ((state = 'stored') = (first_sealed IS NULL) AND (state = 'differs') = (second_sealed IS NOT NULL))
);
-- A number is used once by a party.
CREATE UNIQUE INDEX paper_cards_number ON paper_cards (party_id, number) WHERE state <> 'draft';
CREATE INDEX paper_cards_open ON paper_cards (first_at) WHERE state <> 'stored';
CREATE INDEX paper_cards_done ON paper_cards (second_at DESC) WHERE state = 'stored';
CREATE INDEX paper_cards_delivery ON paper_cards (delivery_id) WHERE delivery_id IS NOT NULL;
ALTER TABLE paper_cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE paper_cards FORCE ROW LEVEL SECURITY;
CREATE POLICY of_keyer ON paper_cards FOR SELECT TO cims_portal USING (cims_keys_cards() AND (state <> 'draft' OR first_by = cims_actor()));
CREATE POLICY of_worker ON paper_cards TO cims_worker USING (true) WITH CHECK (true);
-- Not what was keyed: the portal opens that through the worker, for who may see it.
GRANT SELECT (id, party_id, number, state, first_by, first_at, second_by, second_at, differed, settled_by, settled_at, delivery_id, outcome)
    ON paper_cards TO cims_portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON paper_cards TO cims_worker;

-- Sealing anew under another key (security G17) is the work of the worker.
GRANT UPDATE ON worklists TO cims_worker;
GRANT UPDATE (reason_sealed) ON connection_steps TO cims_worker;

RESET ROLE;
