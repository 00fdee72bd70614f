//! Where a path of a client points in the virtual tree: the root, `in/` (where one starts; `test/` until the connection is
//! approved), `uit/`, or a file in them.

/// The folder to put files in.
pub(super) const IN: &str = "in";
/// The same, until the connection is approved: nothing of it goes into the register.
pub(super) const TEST: &str = "test";
/// The folder of answers.
pub(super) const OUT: &str = "uit";

/// A place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `/`
    Root,
    /// The folder to put files in: `/in`, or `/test`.
    In,
    /// `/uit`
    Out,
    /// A file in that folder.
    InFile(String),
    /// A file in `/uit`.
    OutFile(String),
    /// Anything else: there is no such thing.
    Nowhere,
}

impl Place {
    /// Reads a path; a relative one starts in the folder to put files in.
    pub(super) fn of(path: &str, inbox: &str) -> Self {
        let mut parts = Vec::new();
        if !path.starts_with('/') {
            parts.push(inbox);
        }
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        match parts.as_slice() {
            [] => Self::Root,
            [folder] if *folder == inbox => Self::In,
            [folder] if *folder == OUT => Self::Out,
            [folder, name] if *folder == inbox => Self::InFile((*name).to_owned()),
            // Longer than names of files may be, and masked where they show a BSN: it is looked up as it is.
            [folder, name] if *folder == OUT && !name.contains(is_no_part) => {
                Self::OutFile((*name).to_owned())
            }
            _ => Self::Nowhere,
        }
    }

    /// The path as the client sees it; none for nowhere.
    pub(super) fn shown(&self, inbox: &str) -> Option<String> {
        Some(match self {
            Self::Root => "/".to_owned(),
            Self::In => format!("/{inbox}"),
            Self::Out => format!("/{OUT}"),
            Self::InFile(name) => format!("/{inbox}/{name}"),
            Self::OutFile(name) => format!("/{OUT}/{name}"),
            Self::Nowhere => return None,
        })
    }
}

/// Stands in no name of ours, and leads elsewhere on some machines or nowhere in the database.
fn is_no_part(c: char) -> bool {
    c == '\\' || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside() {
        let file = |name: &str| Place::InFile(name.to_owned());
        for (path, place) in [
            ("", Place::In),
            (".", Place::In),
            ("..", Place::Root),
            ("/", Place::Root),
            ("/../..", Place::Root),
            ("/in", Place::In),
            ("../uit", Place::Out),
            ("x.csv", file("x.csv")),
            ("/in/x.csv", file("x.csv")),
            ("../../../in/x.csv", file("x.csv")),
            ("../etc/passwd", Place::Nowhere),
            ("/etc/passwd", Place::Nowhere),
            ("a/b", Place::Nowhere),
            ("/in/a/../b", file("b")),
            ("/uit/x\0", Place::Nowhere),
            ("/uit/../../etc", Place::Nowhere),
            ("/uit/a\\b", Place::Nowhere),
            ("/uit/a/b", Place::Nowhere),
            ("/uit/..", Place::Root),
        ] {
            assert_eq!(Place::of(path, IN), place, "{path:?}");
        }
    }
    #[test]
    fn an_answer_has_a_name_that_no_file_may_have() {
        let long = format!("{}.csv.resultaat.json", "a".repeat(124));
        for name in [long.as_str(), "***********.csv.ontvangst.json"] {
            let place = Place::OutFile(name.to_owned());
            assert_eq!(Place::of(&format!("/uit/{name}"), IN), place);
        }
    }
    #[test]
    fn under_test_there_is_no_other_folder_than_that_of_the_test() {
        let file = Place::InFile("x.csv".to_owned());
        assert_eq!(Place::of("x.csv", TEST), file);
        assert_eq!(Place::of("/test/x.csv", TEST), file);
        assert_eq!(Place::of("/in/x.csv", TEST), Place::Nowhere);
        assert_eq!(Place::of("/test/x.csv", IN), Place::Nowhere);
        assert_eq!(file.shown(TEST).as_deref(), Some("/test/x.csv"));
    }
}
