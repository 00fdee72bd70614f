-- When the decision was made by which a delivery that waited goes on: its sender reads it on the page of the delivery, and nothing
-- else of that decision. None of what was let go before this was kept.
SET LOCAL ROLE cims_owner;

ALTER TABLE deliveries
    ADD COLUMN let_go_at timestamptz,
    ADD CONSTRAINT deliveries_let_go_at_of_one CHECK (let_go_at IS NULL OR num_nonnulls(let_go_by, let_go_by_party) = 1);

RESET ROLE;
