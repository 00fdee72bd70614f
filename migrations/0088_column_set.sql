-- What is approved is an exact set of columns (features F80, F-X10): those of the format that may stand in the files of a
-- connection, by name, beside `columns`. A version of the format with one more column holds its files until somebody agrees.
SET LOCAL ROLE cims_owner;

ALTER TABLE connections
    -- The columns of version 1: what was approved until now was all of these.
    ADD COLUMN standard text[] NOT NULL DEFAULT
        '{mutatie,bronsleutel,toestemming,bsn,geen_bsn_reden,geboortedatum,achternaam,voorvoegsel,geslacht,postcode,huisnummer,vaccinatiedatum,vaccin,hpk_code,batchnummer,dosisnummer,doelgroep,leeftijdsgroep,uitvoerder_agb,big_nummer,vaccinatieplaats,vaccinatieland}';

RESET ROLE;
