//! Whether times of two kinds differ: Mann and Whitney's rank test, which asks nothing of how times are spread, so that a
//! busy machine with a few very late ones neither hides a difference nor makes one.

use std::time::Duration;

/// What the test finds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Of all pairs of one of each, in how many the first is later.
    pub(crate) later: f64,
    /// How often chance alone makes as much of a difference, either way.
    pub(crate) p: f64,
}

/// Compares times of two kinds, at least eight of each: by the normal distribution, corrected for ties and for steps of one.
pub(crate) fn mann_whitney(one: &[Duration], other: &[Duration]) -> Found {
    let (first, second) = (one.len() as f64, other.len() as f64);
    let all = first + second;
    let mut won = 0.0;
    for time in one {
        won += other.iter().filter(|than| time > *than).count() as f64;
        won += other.iter().filter(|than| time == *than).count() as f64 / 2.0;
    }
    let mut sorted: Vec<_> = one.iter().chain(other).collect();
    sorted.sort_unstable();
    let ties = sorted.chunk_by(|left, right| left == right).map(|same| {
        let many = same.len() as f64;
        many.powi(3) - many
    });
    let spread = all + 1.0 - ties.sum::<f64>() / (all * (all - 1.0));
    let deviation = (first * second / 12.0 * spread).sqrt();
    let apart = ((won - first * second / 2.0).abs() - 0.5).max(0.0);
    // All are the same: nothing differs.
    let p = if deviation > 0.0 {
        both_tails(apart / deviation)
    } else {
        1.0
    };
    let later = won / (first * second);
    Found { later, p }
}

/// How much of a normal distribution lies further out than so many deviations (Abramowitz and Stegun 7.1.26: within 2e-7).
fn both_tails(deviations: f64) -> f64 {
    let x = deviations / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    terms.iter().fold(0.0, |sum, term| (sum + term) * t) * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(all: &[u64]) -> Vec<Duration> {
        all.iter().copied().map(Duration::from_secs).collect()
    }

    #[test]
    fn it_finds_what_is_known_of_an_example() {
        // Ages at which diabetes was found, of men and women: the example of SciPy.
        let found = mann_whitney(&seconds(&[19, 22, 16, 29, 24]), &seconds(&[20, 11, 17, 12]));
        assert!((found.later - 17.0 / 20.0).abs() < 1e-9, "{found:?}");
        assert!((found.p - 0.111_346_886_5).abs() < 1e-6, "{found:?}");
        // With ties: 1, 1, 2, 2 and 2, 2, 3, 3.
        let found = mann_whitney(
            &seconds(&[1, 1, 2, 2].repeat(4)),
            &seconds(&[2, 2, 3, 3].repeat(4)),
        );
        assert!(
            (found.later - 0.125).abs() < 1e-9 && found.p < 0.001,
            "{found:?}"
        );
        let found = mann_whitney(&seconds(&[5; 9]), &seconds(&[5; 9]));
        assert!((found.p - 1.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn it_sees_a_shift_within_noise_and_none_where_there_is_none() {
        let noise = |begin: u64| -> Vec<Duration> {
            (0..40)
                .map(|place| Duration::from_micros(begin + (place * 7919) % 1000))
                .collect()
        };
        assert!(mann_whitney(&noise(0), &noise(1)).p > 0.5);
        assert!(mann_whitney(&noise(400), &noise(0)).p < 0.001);
        assert!(mann_whitney(&noise(400), &noise(0)).later > 0.7);
    }
}
