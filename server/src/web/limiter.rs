//! How often somebody may try something: a bucket each, refilled evenly (security §4.8).
//!
//! In memory of one node: it slows guessing down, it does not count. The table cannot grow without end:
//! full buckets are dropped when it has many.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const MANY: usize = 10_000;

/// A bucket for each: address ([`subscriber`]) or user.
#[derive(Debug)]
pub struct Limiter<Who> {
    size: f64,
    per_second: f64,
    buckets: Mutex<HashMap<Who, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    seen: Instant,
}

impl<Who: Hash + Eq> Limiter<Who> {
    /// `times` per `span`, all of which may come at once.
    #[must_use]
    pub fn new(times: u32, span: Duration) -> Self {
        let size = f64::from(times);
        Self {
            size,
            per_second: size / span.as_secs_f64(),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one; else says after how many seconds there is one again.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn take(&self, who: Who, now: Instant) -> Result<(), u64> {
        let mut buckets = self
            .buckets
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.size);
        }
        let bucket = buckets.entry(who).or_insert(Bucket {
            left: self.size,
            seen: now,
        });
        let left = self.filled(*bucket, now);
        *bucket = Bucket {
            left: if left >= 1.0 { left - 1.0 } else { left },
            seen: now,
        };
        if left >= 1.0 {
            return Ok(());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few seconds"
        )]
        let wait = ((1.0 - left) / self.per_second).ceil() as u64;
        Err(wait.max(1))
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let gone = now.saturating_duration_since(bucket.seen).as_secs_f64();
        (bucket.left + gone * self.per_second).min(self.size)
    }
}

/// Who has an address: one subscriber has a /64 of IPv6.
#[must_use]
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn thirty_a_minute_and_then_one_every_two_seconds() {
        let limiter = Limiter::new(30, Duration::from_secs(60));
        let start = Instant::now();
        let me = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for _ in 0..30 {
            assert_eq!(limiter.take(me, start), Ok(()));
        }
        assert_eq!(limiter.take(me, start), Err(2));
        assert_eq!(
            limiter.take(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), start),
            Ok(()),
            "another address is not hindered"
        );
        assert_eq!(limiter.take(me, start + Duration::from_secs(2)), Ok(()));
        assert_eq!(limiter.take(me, start + Duration::from_secs(2)), Err(2));
    }
}
