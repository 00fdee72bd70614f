//! Where a path of a client points in the virtual tree: the root, `in/` (where one starts), `uit/`, or a file in them.

use domain::delivery::dropbox::check_name;

/// The folder to put files in.
pub(super) const IN: &str = "in";
/// The folder of answers.
pub(super) const OUT: &str = "uit";

/// A place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `/`
    Root,
    /// `/in`
    In,
    /// `/uit`
    Out,
    /// A file in `/in`.
    InFile(String),
    /// A file in `/uit`.
    OutFile(String),
    /// Anything else: there is no such thing.
    Nowhere,
}

impl Place {
    /// Reads a path; a relative one starts in `in/`.
    pub(super) fn of(path: &str) -> Self {
        let mut parts = Vec::new();
        if !path.starts_with('/') {
            parts.push(IN);
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
            [folder] if *folder == IN => Self::In,
            [folder] if *folder == OUT => Self::Out,
            [folder, name] if *folder == IN => Self::InFile((*name).to_owned()),
            // Our own names are plain, so a name that is not is none of ours.
            [folder, name] if *folder == OUT && check_name(name).is_ok() => {
                Self::OutFile((*name).to_owned())
            }
            _ => Self::Nowhere,
        }
    }

    /// The path as the client sees it; none for nowhere.
    pub(super) fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Root => "/".to_owned(),
            Self::In => format!("/{IN}"),
            Self::Out => format!("/{OUT}"),
            Self::InFile(name) => format!("/{IN}/{name}"),
            Self::OutFile(name) => format!("/{OUT}/{name}"),
            Self::Nowhere => return None,
        })
    }
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
        ] {
            assert_eq!(Place::of(path), place, "{path:?}");
        }
    }
}
