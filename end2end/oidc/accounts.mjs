// The people of the demo. All names are made up; `sub` is what CIMS knows them by.
// `acr` is how surely the provider knows who it is (eIDAS levels of assurance).

export const SUBSTANTIAL = 'http://eidas.europa.eu/LoA/substantial';
export const HIGH = 'http://eidas.europa.eu/LoA/high';
export const LOW = 'http://eidas.europa.eu/LoA/low';

export const accounts = [
  { sub: 'invoerder', name: 'Iris Invoerder', what: 'Registreert vaccinaties voor één instelling', acr: SUBSTANTIAL },
  { sub: 'beheerder', name: 'Bram Beheerder', what: 'Beheert de gebruikers van één instelling', acr: SUBSTANTIAL },
  { sub: 'tweehuizen', name: 'Tess Tweehuizen', what: 'Werkt voor twee instellingen en kiest er een', acr: SUBSTANTIAL },
  { sub: 'leverancier', name: 'Lars Leverancier', what: 'Ziet of de bestanden van eigen installaties aankomen', acr: SUBSTANTIAL },
  { sub: 'kaarten', name: 'Kim Kaartman', what: 'RIVM: voert papieren kaarten in', acr: HIGH },
  { sub: 'kaarten2', name: 'Kas Kaartsma', what: 'RIVM: voert papieren kaarten in, als tweede', acr: HIGH },
  { sub: 'beoordelaar', name: 'Rik Regelmaat', what: 'RIVM: beoordeelt afgekeurde en twijfelachtige regels', acr: HIGH },
  { sub: 'rivmbeheer', name: 'Rosa Register', what: 'RIVM: beheert het register', acr: HIGH },
  { sub: 'rivmbeheer2', name: 'Ruud Register', what: 'RIVM: beheert het register, geeft akkoord op wijzigingen', acr: HIGH },
  { sub: 'privacy', name: 'Pien Privé', what: 'RIVM: privacycoördinator, keurt partijen goed', acr: HIGH },
  { sub: 'auditor', name: 'Aad Audit', what: 'Leest wie wat heeft gezien', acr: HIGH },
  { sub: 'nieuw', name: 'Nora Nieuw', what: 'Wordt beheerder van een nieuwe instelling, met een code', acr: SUBSTANTIAL },
  { sub: 'onbekend', name: 'Olga Onbekend', what: 'Kan inloggen, maar heeft in CIMS nog geen toegang', acr: SUBSTANTIAL },
  { sub: 'zwak', name: 'Zeno Zwak', what: 'Logt in zonder tweede factor: CIMS weigert dat', acr: LOW },
];

export const account = (sub) => accounts.find((one) => one.sub === sub);
