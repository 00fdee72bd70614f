//! What can go wrong in the database, without a value of a row: PostgreSQL puts those into its details.

/// An error of the store. Safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A database address or password file is not usable.
    #[error("database address or password file is not usable")]
    Address,
    /// Not reachable, or no connection free in time: try again later (security G13).
    #[error("database not reachable")]
    Unavailable,
    /// A named constraint refused.
    #[error("refused by {0}")]
    Constraint(String),
    /// Another transaction was in the way; the same work may succeed when done again.
    #[error("in conflict with another transaction ({0})")]
    Conflict(String),
    /// What was to be stored is the matter, not the database: a value it cannot hold, or an error of its own over one.
    #[error("value refused ({0})")]
    Value(String),
    /// Exactly one row was asked for, and there is none.
    #[error("no such row")]
    NotFound,
    /// Anything else, by its SQLSTATE when the database gave one.
    #[error("database error {0}")]
    Broken(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable,
            sqlx::Error::Database(error) => {
                let state = error.code().unwrap_or_default().into_owned();
                match (error.constraint(), &*state) {
                    // Two of the same may be a matter of time; what else a column refuses is not.
                    (_, code) if is_about_a_value(code) => Self::Value(state),
                    (Some(name), _) => Self::Constraint(name.to_owned()),
                    (None, "40001" | "40P01" | "55P03") => Self::Conflict(state),
                    // Shutting down, starting up, connection errors; no room on disk, in memory or for a connection.
                    (None, "57P01" | "57P02" | "57P03") => Self::Unavailable,
                    (None, code) if code.starts_with("08") || code.starts_with("53") => {
                        Self::Unavailable
                    }
                    (None, _) => Self::Broken(state),
                }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Broken("decode".to_owned())
            }
            sqlx::Error::Protocol(_) => Self::Broken("protocol".to_owned()),
            _ => Self::Broken("driver".to_owned()),
        }
    }
}

/// Data exceptions, integrity constraints but unique ones, and internal errors.
fn is_about_a_value(state: &str) -> bool {
    state.starts_with("22") || (state.starts_with("23") && state != "23505") || state == "XX000"
}

impl StoreError {
    /// Refused by this constraint.
    #[must_use]
    pub fn is_constraint(&self, name: &str) -> bool {
        matches!(self, Self::Constraint(refused) if refused == name)
    }

    /// Doing the same again later may succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Conflict(_))
    }
}
