//! What the drop box says when the answer is no. Each stands, with what to do, in docs/leveranciers.md and docs/suppliers.md.

macro_rules! says {
    ($($name:ident = $text:literal;)+) => {
        $(pub(super) const $name: &str = $text;)+

        /// Every sentence.
        #[cfg(test)]
        const ALL: &[&str] = &[$($name),+];
    };
}

says! {
    AWAY = "tijdelijk niet beschikbaar, opnieuw aanbieden";
    NO_ROOM = "er is nu geen ruimte, lever het bestand later opnieuw aan";
    ENOUGH = "uw instelling leverde vandaag al het grootste aantal bestanden of bytes aan, lever morgen verder";
    TOO_LARGE = "bestand te groot";
    IN_ORDER = "hervatten kan niet, lever het hele bestand opnieuw aan";
    EXISTS = "er staat al een bestand met deze naam";
    REPLACED = "vervangen door een later bestand";
    STILL_OPEN = "dit bestand is nog open";
    TOO_MANY = "te veel bestanden tegelijk open";
    MISSING = "er is hier geen bestand met deze naam";
    ONLY_PUT = "in deze map kunt u alleen bestanden neerzetten";
    ONLY_FETCH = "in deze map kunt u alleen antwoorden ophalen";
    ONLY_HERE = "een andere naam geven kan alleen in de map waar u aanlevert";
    A_FOLDER = "dat is een map";
    FOLDER_STAYS = "een map kan niet weg";
    UNKNOWN = "dat kan hier niet";
    NOT_WRITING = "dit bestand is niet open om te schrijven";
    NOT_READING = "dit bestand is niet open om te lezen";
    NOT_OPEN = "dit bestand is niet open";
    NO_FOLDER = "deze map is niet open";
    ENDED = "dit account is beëindigd";
    OURS = "er ging iets mis bij ons, neem contact op met RIVM";
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::dropbox::BadName;

    #[test]
    fn suppliers_read_of_every_no_what_to_do() {
        let names = [BadName::Form, BadName::Bsn].map(|bad| bad.to_string());
        for page in [
            include_str!("../../../../docs/leveranciers.md"),
            include_str!("../../../../docs/suppliers.md"),
        ] {
            let all = ALL.iter().copied().chain(names.iter().map(String::as_str));
            for text in all {
                assert!(page.contains(&format!("`{text}`")), "{text}");
            }
        }
    }

    #[test]
    fn the_tree_says_nothing_else() {
        let tree = include_str!("tree.rs");
        for beginning in ["denied(\"", "StatusCode::Failure, \"", "OpUnsupported, \""] {
            assert!(!tree.contains(beginning), "{beginning}");
        }
    }
}
