//! Icons of Tabler (MIT licence, see `public/NOTICE`), drawn inline so that they take the colour of the text.

use leptos::prelude::*;

/// An icon of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Vaccine,
    Upload,
    History,
    List,
    Help,
    Warning,
    Info,
    Check,
    Error,
    Review,
    Download,
}

impl Icon {
    /// The outline, on 24 by 24.
    const fn outline(self) -> &'static str {
        match self {
            Self::Vaccine => {
                "M17 3l4 4 M19 5l-4.5 4.5 M11.5 6.5l6 6 M16.5 11.5l-6.5 6.5h-4v-4l6.5 -6.5 M7.5 12.5l1.5 1.5 M10.5 9.5l1.5 1.5 M3 21l3 -3"
            }
            Self::Upload => {
                "M14 3v4a1 1 0 0 0 1 1h4 M17 21h-10a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2h7l5 5v11a2 2 0 0 1 -2 2 M12 11v6 M9.5 13.5l2.5 -2.5l2.5 2.5"
            }
            Self::History => "M12 8l0 4l2 2 M3.05 11a9 9 0 1 1 .5 4m-.5 5v-5h5",
            Self::List => {
                "M9 5h-2a2 2 0 0 0 -2 2v12a2 2 0 0 0 2 2h10a2 2 0 0 0 2 -2v-12a2 2 0 0 0 -2 -2h-2 M9 5a2 2 0 0 1 2 -2h2a2 2 0 0 1 2 2a2 2 0 0 1 -2 2h-2a2 2 0 0 1 -2 -2 M9 12l.01 0 M13 12l2 0 M9 16l.01 0 M13 16l2 0"
            }
            Self::Help => {
                "M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0 M12 16v.01 M12 13a2 2 0 0 0 .914 -3.782a1.98 1.98 0 0 0 -2.414 .483"
            }
            Self::Warning => {
                "M12 9v4 M10.363 3.591l-8.106 13.534a1.914 1.914 0 0 0 1.636 2.871h16.214a1.914 1.914 0 0 0 1.636 -2.87l-8.106 -13.536a1.914 1.914 0 0 0 -3.274 0 M12 16h.01"
            }
            Self::Info => "M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0 M12 9h.01 M11 12h1v4h1",
            Self::Check => "M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0 M9 12l2 2l4 -4",
            Self::Error => "M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0 M12 8v4 M12 16h.01",
            Self::Review => {
                "M3.5 5.5l1.5 1.5l2.5 -2.5 M3.5 11.5l1.5 1.5l2.5 -2.5 M3.5 17.5l1.5 1.5l2.5 -2.5 M11 6l9 0 M11 12l9 0 M11 18l9 0"
            }
            Self::Download => {
                "M4 17v2a2 2 0 0 0 2 2h12a2 2 0 0 0 2 -2v-2 M7 11l5 5l5 -5 M12 4l0 12"
            }
        }
    }
}

/// The icon, hidden from screen readers: text beside it says the same.
pub(crate) fn icon(icon: Icon) -> AnyView {
    icon_with(icon, "cims-icon")
}

/// The icon with other classes.
pub(crate) fn icon_with(icon: Icon, class: &'static str) -> AnyView {
    view! {
        <svg class=class viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d=icon.outline()></path>
        </svg>
    }
    .into_any()
}
