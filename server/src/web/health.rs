//! `/healthz`, `/readyz` and `/version`.
