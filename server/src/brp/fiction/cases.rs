//! The named cases. Numbers and names of the first ones are those of public BRP test sets; addresses and partners are ours.

use super::Case;

const NOBODY: Case = Case {
    bsn: "",
    given: "",
    prefix: "",
    surname: "",
    partner: "",
    born: "",
    sex: "V",
    postcode: "",
    number: "",
    suspended: "",
    died: "",
    secret: false,
    about: "",
};

/// Every odd thing a list can be; documented in docs/brp-bestand.md. A partner is "prefix|surname".
pub const CASES: &[Case] = &[
    Case {
        bsn: "999990019",
        given: "Erebos",
        surname: "Bultenaar",
        born: "20000401",
        sex: "M",
        postcode: "1234AB",
        number: "1",
        about: "gewoon",
        ..NOBODY
    },
    Case {
        bsn: "999995571",
        given: "Naomi",
        surname: "Jonker",
        born: "19870401",
        postcode: "1234AB",
        number: "3",
        about: "gewoon",
        ..NOBODY
    },
    Case {
        bsn: "999991772",
        given: "Frouke",
        surname: "Jansen",
        born: "20000324",
        postcode: "2345BC",
        number: "12",
        about: "gewoon",
        ..NOBODY
    },
    Case {
        bsn: "999993653",
        given: "Suzanne",
        surname: "Moulin",
        partner: "|Jansen",
        born: "19851201",
        postcode: "2345BC",
        number: "14",
        about: "naam van partner",
        ..NOBODY
    },
    Case {
        bsn: "999990408",
        given: "Paolo",
        prefix: "de",
        surname: "Jager",
        born: "20090101",
        sex: "M",
        postcode: "3456CD",
        number: "5",
        about: "net 12 bij de start van de campagne",
        ..NOBODY
    },
    Case {
        bsn: "999990743",
        given: "Žydrūnė",
        prefix: "van 't",
        surname: "Hoff-Šimkutė",
        born: "19480229",
        postcode: "3456CD",
        number: "7",
        about: "diakrieten, voorvoegsel, dubbele naam",
        ..NOBODY
    },
    Case {
        bsn: "999994839",
        given: "Menelaos",
        surname: "Homeros",
        born: "19300615",
        sex: "M",
        suspended: "O",
        died: "20091201",
        about: "overleden in 2009",
        ..NOBODY
    },
    Case {
        bsn: "999999461",
        given: "Lian",
        surname: "Oei",
        born: "19410817",
        postcode: "4567DE",
        number: "9",
        suspended: "O",
        died: "20210801",
        about: "overleden op 01-08-2021",
        ..NOBODY
    },
    Case {
        bsn: "999995844",
        given: "Farid",
        surname: "Ghezala",
        born: "19510000",
        sex: "M",
        postcode: "4567DE",
        number: "11",
        about: "alleen geboortejaar bekend",
        ..NOBODY
    },
    Case {
        bsn: "999990457",
        given: "Wim",
        prefix: "van der",
        surname: "IJssel",
        born: "19420500",
        sex: "M",
        postcode: "5678EG",
        number: "2",
        about: "geboortedag onbekend, IJ",
        ..NOBODY
    },
    Case {
        bsn: "999999862",
        given: "Amina",
        surname: "Yusuf",
        born: "00000000",
        postcode: "5678EG",
        number: "4",
        about: "geboortedatum onbekend",
        ..NOBODY
    },
    Case {
        bsn: "999993288",
        given: "Li",
        surname: ".",
        born: "19700101",
        postcode: "6789GH",
        number: "6",
        about: "geslachtsnaam onbekend (punt)",
        ..NOBODY
    },
    Case {
        bsn: "999995923",
        given: "Karel",
        surname: "Ophuizen",
        born: "19600704",
        sex: "M",
        postcode: "6789GH",
        number: "8",
        about: "BSN op twee lijsten",
        ..NOBODY
    },
    Case {
        bsn: "999995923",
        given: "Truus",
        surname: "Verkade",
        born: "19550912",
        postcode: "7890HJ",
        number: "10",
        about: "BSN op twee lijsten",
        ..NOBODY
    },
    Case {
        bsn: "999993744",
        given: "Henk",
        surname: "Foutief",
        born: "19440404",
        sex: "M",
        suspended: "W",
        about: "gewiste lijst; zelfde BSN op een goede lijst",
        ..NOBODY
    },
    Case {
        bsn: "999993744",
        given: "Hendrik",
        surname: "Goedhart",
        born: "19440404",
        sex: "M",
        postcode: "7890HJ",
        number: "16",
        about: "de goede lijst",
        ..NOBODY
    },
    Case {
        bsn: "999991024",
        given: "Pieter",
        surname: "Vertrokken",
        born: "19750310",
        sex: "M",
        suspended: "E",
        about: "geëmigreerd",
        ..NOBODY
    },
    Case {
        bsn: "999993884",
        given: "Maria",
        prefix: "da",
        surname: "Silva",
        born: "19800630",
        suspended: "R",
        about: "niet-ingezetene (RNI)",
        ..NOBODY
    },
    Case {
        bsn: "999990792",
        given: "Geertje",
        surname: "Verborgen",
        born: "19690101",
        postcode: "8901KL",
        number: "18",
        secret: true,
        about: "geheim adres",
        ..NOBODY
    },
    Case {
        bsn: "999991425",
        given: "Fout",
        surname: "Lijst",
        born: "19661111",
        suspended: "F",
        about: "lijst is een fout: bestaat niet",
        ..NOBODY
    },
    Case {
        given: "Nora",
        prefix: "op den",
        surname: "Berg",
        born: "20210105",
        postcode: "8901KL",
        number: "20",
        about: "nog geen BSN",
        ..NOBODY
    },
    Case {
        bsn: "999990500",
        given: "Sem",
        surname: "Kleijn",
        born: "20120601",
        sex: "M",
        postcode: "8901KL",
        number: "22",
        about: "jonger dan 12 (P18)",
        ..NOBODY
    },
];
