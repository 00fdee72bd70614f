//! Downloads under own names, never rendered by the browser (security §4.7).
