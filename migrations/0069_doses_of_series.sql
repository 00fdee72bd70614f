-- What a row does for its person is shown against the series of its product, and marked when it is more than the row
-- itself says (features F-X5: "1 van 2 → 2 van 2", or "3 van 2: dubbele registratie?").
SET LOCAL ROLE cims_owner;

ALTER TABLE delivery_rows
    -- Doses of the first series of the product.
    ADD COLUMN doses_series smallint,
    -- More than that series, and more than the dose number of the row.
    ADD COLUMN doses_above boolean;
GRANT SELECT (doses_series, doses_above) ON delivery_rows TO cims_portal;

RESET ROLE;
