//! Who gives and delivers vaccinations: AGB code, BIG number, target group (specification §2, domain §5).

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! digits {
    ($(#[$doc:meta])* $name:ident $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Reads exactly its number of digits.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let digits: [u8; $length] = text.as_bytes().try_into().ok()?;
                digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
            }

            pub(crate) const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// The digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                // The text itself stays out of the error: it may be in a log.
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("not ", $length, " digits")))
            }
        }
    };
}

digits!(
    /// AGB code of a care provider: 8 digits, the first two its kind of care. `00000000` means "none" and
    /// is refused by the row check, not here.
    Agb 8
);
digits!(
    /// Number in the BIG register of professionals: 11 digits.
    BigNumber 11
);

impl Agb {
    /// `00000000`: "none".
    pub const NONE: Self = Self(*b"00000000");
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $wire:literal $(| $other:literal)*, $title:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $wire)] $variant,)+ }

        impl $name {
            /// All values, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Reads the code or one of its words, without regard to case.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                $(if text.eq_ignore_ascii_case($wire) $(|| text.eq_ignore_ascii_case($other))* {
                    return Some(Self::$variant);
                })+
                None
            }

            /// The code on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            /// The Dutch label people see.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

/// Why somebody was vaccinated (domain §4.3): a code of the managed list. That it is in force is for
/// [`crate::codes::CodeLists`] to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetGroup([u8; TargetGroup::CHARS]);

impl TargetGroup {
    /// Longest code, in characters.
    pub const CHARS: usize = 30;
    /// Anything else.
    pub const OVERIG: Self = Self::of(b"OVERIG");
    /// The first list, in the order of the specification.
    pub const FIRST: [Self; 7] = [
        Self::of(b"BEWONER_INSTELLING"),
        Self::of(b"KWETSBAAR_OUDER"),
        Self::of(b"LEEFTIJD"),
        Self::of(b"MEDISCHE_INDICATIE"),
        Self::of(b"ZORGMEDEWERKER"),
        Self::of(b"SPECIAAL_BEROEP"),
        Self::OVERIG,
    ];

    const fn of(code: &[u8]) -> Self {
        let mut bytes = [0; Self::CHARS];
        let mut at = 0;
        while at < code.len() && at < Self::CHARS {
            bytes[at] = code[at].to_ascii_uppercase();
            at += 1;
        }
        Self(bytes)
    }

    /// Reads what has the form of a code, without regard to case: letters, digits and `_`, a letter first.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = bytes.len() <= Self::CHARS
            && bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        fits.then(|| Self::of(bytes))
    }

    /// With zeros behind it.
    pub(crate) const fn padded(&self) -> &[u8; Self::CHARS] {
        &self.0
    }

    /// The code on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0);
        let code = &self.0[..end.unwrap_or(Self::CHARS)];
        std::str::from_utf8(code).unwrap_or_default()
    }
}

impl fmt::Debug for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_group_is_read_as_people_write_its_code() {
        for (text, code) in [
            ("overig", Some("OVERIG")),
            ("Asielzoeker_2", Some("ASIELZOEKER_2")),
            ("", None),
            ("2E_RONDE", None),
            ("TE LANG", None),
            ("ABCDEFGHIJABCDEFGHIJABCDEFGHIJK", None),
        ] {
            let group = TargetGroup::parse(text);
            assert_eq!(group.as_ref().map(TargetGroup::as_str), code, "{text}");
        }
        assert_eq!(TargetGroup::parse("overig"), Some(TargetGroup::OVERIG));
    }
}
