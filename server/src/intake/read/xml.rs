//! The one thing both workbook readers need from XML: an attribute by its local name.

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

/// The value of an attribute, whatever its prefix; the first when several share the local name.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}
