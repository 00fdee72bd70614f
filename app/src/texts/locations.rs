//! Texts of the locations of an institution.

use super::texts;

texts! {
    /// Where an institution works.
    Locations {
        institution: "Uw instelling" / "Your institution",
        tile_text: "Locaties van uw instelling: toevoegen, wijzigen en beëindigen" / "Locations of your institution: add, change and end",
        title: "Locaties van {instelling}" / "Locations of {instelling}",
        lead: "Werkt uw instelling op meer plekken? Wie registreert, kiest dan een van deze locaties." / "Does your institution work in more places? Who records then chooses one of these locations.",
        keeps: "Per locatie staan datum, vaccin en batch klaar, tot middernacht of tot uitloggen." / "For each location date, vaccine and batch are ready, until midnight or logging out.",
        none: "U hebt nog geen locaties. Zonder locaties verandert er niets." / "You have no locations yet. Without locations nothing changes.",
        name: "Naam van de locatie" / "Name of the location",
        name_hint: "Bijvoorbeeld: afdeling Oost" / "For example: ward East",
        place: "Plaats" / "Place",
        place_hint: "Komt als vaccinatieplaats in het formulier." / "Goes into the form as place of vaccination.",
        add_title: "Locatie toevoegen" / "Add a location",
        add: "Toevoegen" / "Add",
        save_label: "{locatie} wijzigen" / "Change {locatie}",
        end_label: "{locatie} beëindigen" / "End {locatie}",
        end_text: "Wat er is geregistreerd, blijft staan." / "What was recorded stays.",
        no_name: "Vul de naam van de locatie in." / "Fill in the name of the location.",
        taken: "Deze naam is al in gebruik. Kies een andere naam." / "This name is in use already. Choose another name.",
        told_added: "De locatie is toegevoegd." / "The location was added.",
        told_changed: "De locatie is gewijzigd." / "The location was changed.",
        told_ended: "De locatie is beëindigd. Niemand kan deze nog kiezen." / "The location was ended. Nobody can choose it any more.",
        pick: "Locatie" / "Location",
        pick_hint: "Geldt ook voor wat u hierna registreert, tot u uitlogt." / "Holds for what you record after this too, until you log out.",
        pick_none: "Geen locatie" / "No location",
        here: "Locatie: {locatie}" / "Location: {locatie}",
        elsewhere: "Andere locatie kiezen" / "Choose another location",
    }
}
