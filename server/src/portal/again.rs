//! Doing something once more when somebody else was in the way.

use super::OrBroken;
use crate::store::StoreError;
use app::ports::{Caller, PortError, PortResult};

/// Attempts in all.
const ATTEMPTS: u32 = 4;

/// Why an attempt stopped.
pub(super) enum Halt {
    /// The database.
    Store(StoreError),
    /// The answer is this, however often it is done.
    Port(PortError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PortError> for Halt {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// Does it, each attempt a transaction of its own, some times when somebody stored the same in this very moment or held what
/// it needs.
///
/// # Errors
/// Those of the work.
pub(super) async fn again<T, W>(caller: &Caller, work: impl Fn() -> W + Send) -> PortResult<T>
where
    W: Future<Output = Result<T, Halt>> + Send,
{
    let mut attempt = 1;
    loop {
        match work().await {
            Err(Halt::Store(StoreError::Constraint(_) | StoreError::Conflict(_)))
                if attempt < ATTEMPTS =>
            {
                attempt += 1;
            }
            Err(Halt::Store(error)) => return Err(error).or_broken(caller),
            Err(Halt::Port(error)) => return Err(error),
            Ok(done) => return Ok(done),
        }
    }
}
