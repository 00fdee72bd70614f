-- Managed code lists with validity, and settings. The seed equals the list built into `domain`; a test compares them.
SET LOCAL ROLE cims_owner;

CREATE TABLE vaccines (
    -- The number of the managed list: stays the same for ever.
    id                smallint PRIMARY KEY,
    name              text NOT NULL,
    eu_number         text NOT NULL,
    doses             smallint NOT NULL,
    min_interval_days smallint,
    first_use         date NOT NULL,
    valid_to          date,
    CONSTRAINT vaccines_name_unique UNIQUE (name),
    CONSTRAINT vaccines_eu_number_unique UNIQUE (eu_number)
);

CREATE TABLE vaccine_hpk (
    hpk        text NOT NULL,
    vaccine    smallint NOT NULL REFERENCES vaccines,
    valid_from date NOT NULL DEFAULT '2021-01-01',
    valid_to   date,
    CONSTRAINT vaccine_hpk_pk PRIMARY KEY (hpk, valid_from),
    CONSTRAINT vaccine_hpk_form CHECK (hpk ~ '^[0-9]{7}$')
);

-- Names people write, besides name and EU number.
CREATE TABLE vaccine_aliases (
    alias      text NOT NULL,
    vaccine    smallint NOT NULL REFERENCES vaccines,
    valid_from date NOT NULL DEFAULT '2021-01-01',
    valid_to   date,
    CONSTRAINT vaccine_aliases_pk PRIMARY KEY (alias, valid_from)
);

CREATE TABLE batches (
    lot             text NOT NULL,
    vaccine         smallint NOT NULL REFERENCES vaccines,
    hpk             text,
    entry_date      date,
    expiration_date date,
    added_at        timestamptz NOT NULL DEFAULT now(),
    added_by        uuid REFERENCES users,
    CONSTRAINT batches_pk PRIMARY KEY (lot, vaccine),
    CONSTRAINT batches_lot_form CHECK (lot ~ '^[A-Z0-9.-]{1,20}$')
);

-- Configuration that people change while the server runs (cohort bounds, budgets, campaign start).
CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by uuid REFERENCES users
);

GRANT SELECT ON vaccines, vaccine_hpk, vaccine_aliases, batches, settings TO cims_portal, cims_worker;
GRANT INSERT, UPDATE ON vaccines, vaccine_hpk, vaccine_aliases, batches, settings TO cims_worker;

-- First lot in the Netherlands (domain facts §4.1); Nuvaxovid has no HPK we know.
INSERT INTO vaccines (id, name, eu_number, doses, min_interval_days, first_use) VALUES
    (1, 'Comirnaty', 'EU/1/20/1528', 2, 21, '2021-01-04'),
    (2,  'Spikevax',  'EU/1/20/1507', 2, 28, '2021-01-18'),
    (3, 'Vaxzevria', 'EU/1/21/1529', 2, 28, '2021-02-08'),
    (4,   'Jcovden',   'EU/1/20/1525', 1, NULL, '2021-04-21'),
    (5, 'Nuvaxovid', 'EU/1/21/1618', 2, 21, '2022-03-14');

INSERT INTO vaccine_hpk (hpk, vaccine) VALUES
    ('2924528', 1), ('2924536', 2), ('2925508', 3), ('2934701', 4);

INSERT INTO vaccine_aliases (alias, vaccine) VALUES
    ('Pfizer', 1), ('BioNTech', 1), ('BNT162b2', 1),
    ('COVID-19 VACCIN PFIZER INJVLST 0,3ML', 1),
    ('COVID-19 VACCIN MODERNA INJVLST 0,5ML', 2),
    ('COVID-19 VACCIN ASTRAZENECA INJVLST', 3),
    ('COVID-19 VACCIN JANSSEN INJVLST 0,5ML', 4),
    ('Moderna', 2), ('mRNA-1273', 2),
    ('AstraZeneca', 3), ('AZ', 3), ('ChAdOx1-S', 3),
    ('Janssen', 4), ('J&J', 4), ('Johnson & Johnson', 4), ('Ad26.COV2.S', 4),
    ('Novavax', 5), ('NVX-CoV2373', 5);

INSERT INTO settings (key, value) VALUES
    ('campaign_start', '"2021-01-06"'),
    ('campaign_start_abroad', '"2020-12-08"'),
    ('cohorts', '{"A": [12, 17], "B": [18, 59], "C": [60, null]}'),
    ('brp_budget', '{"user_minute": 60, "user_day": 400, "party_day": 5000, "mismatch_window": 50, "mismatch_percent": 20}'),
    ('brp_max_age_hours', '48');

RESET ROLE;
