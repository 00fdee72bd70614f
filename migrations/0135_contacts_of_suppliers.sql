-- RIVM-beheer invites the contact of a supplier in the portal (features F86), and sees those invitations alone.
SET LOCAL ROLE cims_owner;

CREATE POLICY of_staff ON invitations FOR SELECT TO cims_portal
    USING (role = 'leverancier' AND cims_governs() AND cims_role() = 'rivm-beheer');

RESET ROLE;
