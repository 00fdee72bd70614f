//! How many are let in (security §5.2): before a login 256, of one source 32, and of that source no more than so many a
//! second; after it 256, of one account 8. Whoever comes too fast waits a moment and is not turned away; who waits has no
//! login yet, and counts among the 32.
//!
//! A full house before the login drops the oldest of the busiest source: peers that say nothing never shut out one
//! that wants to log in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Connections without a login.
const STRANGERS: usize = 256;
/// Those of one source.
pub(super) const STRANGERS_OF_SOURCE: usize = 32;
/// Connections of one source that may begin at once, and how much time each takes of it: twelve a second. Each may ask for
/// a key exchange, which costs us more than the asker (DHEat); at twenty a second that becomes an attack.
const BURST: u32 = 8;
pub(super) const EACH: Duration = Duration::from_millis(1000 / 12);
/// Sources that are remembered before those that have been quiet are forgotten.
const REMEMBERED: usize = 1024;
/// Logged in.
const SEATS: usize = 256;
/// Of one account.
pub(super) const SEATS_OF_ACCOUNT: usize = 8;

/// Counts connections.
#[derive(Debug, Default, Clone)]
pub(super) struct Gate(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    /// Oldest first.
    strangers: Vec<Stranger>,
    /// Until when the connections of a source have taken its time.
    paces: HashMap<IpAddr, Instant>,
    seats: HashMap<Uuid, usize>,
}

#[derive(Debug)]
struct Stranger {
    number: u64,
    source: IpAddr,
    cut: CancellationToken,
}

/// A place among those who have not logged in yet; left when dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    number: u64,
}

/// A place of an account; left when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    gate: Gate,
    account: Uuid,
}

impl Gate {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in, after a moment when its source is too fast; none when its source has too many. `cut` ends it
    /// when another needs its place.
    pub(super) fn enter(
        &self,
        from: IpAddr,
        cut: CancellationToken,
        now: Instant,
    ) -> Option<(Pass, Duration)> {
        let source = network(from);
        let mut inside = self.inside();
        let of_source = inside
            .strangers
            .iter()
            .filter(|stranger| stranger.source == source)
            .count();
        if of_source >= STRANGERS_OF_SOURCE {
            return None;
        }
        if inside.strangers.len() >= STRANGERS {
            inside.drop_one();
        }
        inside.next += 1;
        let number = inside.next;
        inside.strangers.push(Stranger {
            number,
            source,
            cut,
        });
        let wait = inside.pace(source, now);
        let pass = Pass {
            gate: self.clone(),
            number,
        };
        Some((pass, wait))
    }

    /// A place for an account that logged in; none when all are taken.
    pub(super) fn sit(&self, account: Uuid) -> Option<Seat> {
        let mut inside = self.inside();
        if inside.seats.values().sum::<usize>() >= SEATS {
            return None;
        }
        let taken = inside.seats.entry(account).or_default();
        if *taken >= SEATS_OF_ACCOUNT {
            return None;
        }
        *taken += 1;
        Some(Seat {
            gate: self.clone(),
            account,
        })
    }

    /// The account has all the places that one may have.
    pub(super) fn is_full_of(&self, account: Uuid) -> bool {
        let inside = self.inside();
        inside.seats.get(&account).copied() >= Some(SEATS_OF_ACCOUNT)
    }
}

impl Inside {
    /// How long this connection of a source waits.
    fn pace(&mut self, source: IpAddr, now: Instant) -> Duration {
        if self.paces.len() >= REMEMBERED {
            self.paces.retain(|_, until| *until > now);
        }
        let until = self.paces.entry(source).or_insert(now);
        *until = (*until).max(now) + EACH;
        until.duration_since(now).saturating_sub(EACH * BURST)
    }

    fn drop_one(&mut self) {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for stranger in &self.strangers {
            *counts.entry(stranger.source).or_default() += 1;
        }
        let busiest = counts.into_iter().max_by_key(|(_, count)| *count);
        let Some((source, _)) = busiest else { return };
        let oldest = self
            .strangers
            .iter()
            .position(|stranger| stranger.source == source);
        if let Some(place) = oldest {
            self.strangers.remove(place).cut.cancel();
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.gate.inside();
        inside
            .strangers
            .retain(|stranger| stranger.number != self.number);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = self.gate.inside();
        if let Some(taken) = inside.seats.get_mut(&self.account) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                inside.seats.remove(&self.account);
            }
        }
    }
}

/// What points and bans hold for, as it is kept: an IPv4 address, or the /64 of an IPv6 address, of which anybody has the
/// next address at hand.
#[must_use]
pub fn source(address: IpAddr) -> String {
    network(address).to_string()
}

/// One source: an IPv4 address, or the /64 of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn one_source_has_32_places_and_gets_them_back() {
        let gate = Gate::default();
        let mut held: Vec<_> = (0..STRANGERS_OF_SOURCE)
            .map(|_| gate.enter(from(1), CancellationToken::new(), Instant::now()))
            .collect();
        assert!(held.iter().all(Option::is_some));
        assert!(
            gate.enter(from(1), CancellationToken::new(), Instant::now())
                .is_none()
        );
        assert!(
            gate.enter(from(2), CancellationToken::new(), Instant::now())
                .is_some()
        );
        held.pop();
        assert!(
            gate.enter(from(1), CancellationToken::new(), Instant::now())
                .is_some()
        );
    }

    #[test]
    fn a_source_that_comes_too_fast_waits_and_another_does_not() {
        let (gate, begun) = (Gate::default(), Instant::now());
        let wait = |source: u8, now: Instant| {
            let entered = gate.enter(from(source), CancellationToken::new(), now);
            entered.expect("place").1
        };
        let waits: Vec<Duration> = (0..26).map(|_| wait(1, begun)).collect();
        assert!(waits[..8].iter().all(Duration::is_zero), "{waits:?}");
        let soon = waits
            .iter()
            .filter(|wait| **wait <= Duration::from_millis(1500))
            .count();
        assert!(soon < 30, "fewer than twenty a second: {soon}");
        assert!(!waits[25].is_zero() && wait(2, begun).is_zero());
        // After a quiet time it is as new.
        assert!(wait(1, begun + Duration::from_secs(5)).is_zero());
    }

    #[test]
    fn a_full_house_drops_the_oldest_of_the_busiest_source() {
        let gate = Gate::default();
        let mut held = Vec::new();
        let cuts: Vec<_> = (0..STRANGERS).map(|_| CancellationToken::new()).collect();
        for (place, cut) in cuts.iter().enumerate() {
            // Source 0 has 32, the others fewer.
            let source = if place < 32 {
                0
            } else {
                1 + (place % 12) as u8
            };
            held.push(
                gate.enter(from(source), cut.clone(), Instant::now())
                    .expect("place"),
            );
        }
        let late = gate.enter(from(99), CancellationToken::new(), Instant::now());
        assert!(late.is_some());
        let dropped: Vec<_> = cuts
            .iter()
            .enumerate()
            .filter(|(_, cut)| cut.is_cancelled())
            .map(|(place, _)| place)
            .collect();
        assert_eq!(dropped, [0]);
    }

    #[test]
    fn an_account_has_8_seats_and_gets_them_back() {
        let (gate, account) = (Gate::default(), crate::clock::new_key());
        let mut held: Vec<_> = (0..SEATS_OF_ACCOUNT).map(|_| gate.sit(account)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(gate.sit(account).is_none());
        assert!(gate.sit(crate::clock::new_key()).is_some());
        held.clear();
        assert!(gate.sit(account).is_some());
        assert!(gate.inside().seats.len() == 1 || gate.inside().seats.is_empty());
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_source() {
        let address = |text: &str| network(text.parse().expect("address"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:10.0.0.1"), from(1));
    }

    #[test]
    fn points_hold_for_a_whole_ipv6_network_and_for_one_ipv4_address() {
        let kept = |text: &str| source(text.parse().expect("address"));
        assert_eq!(kept("2001:db8::1"), "2001:db8::");
        assert_eq!(kept("2001:db8::ffff:1"), "2001:db8::");
        assert_ne!(kept("2001:db8:0:1::1"), "2001:db8::");
        assert_eq!(kept("192.0.2.7"), "192.0.2.7");
        assert_eq!(kept("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
