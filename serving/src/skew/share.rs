//! Which keys are followed.

use std::sync::atomic::{AtomicU64, Ordering};

/// The keys whose hash lies below a limit: always the same ones, in every process, as long as stream and share are the
/// same. The limit can be lowered; whoever is left was among them before.
#[derive(Debug)]
pub struct Share {
    hash_key: [u8; 32],
    /// A key with a hash up to this one is followed.
    limit: AtomicU64,
}

impl Share {
    /// `share`: more than 0, at most 1.
    pub fn new(stream: &str, share: f64) -> Share {
        Share {
            hash_key: blake3::derive_key("clutch skew check: keys that are followed", stream.as_bytes()),
            limit: AtomicU64::new(limit_of(share)),
        }
    }

    /// Whether the key is followed.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.holds_hash(self.hash(key))
    }

    /// What decides about the key.
    pub fn hash(&self, key: &[u8]) -> u64 {
        let hash = blake3::keyed_hash(&self.hash_key, key);
        let (words, _) = hash.as_bytes().as_chunks::<8>();
        u64::from_be_bytes(words[0])
    }

    pub fn holds_hash(&self, hash: u64) -> bool {
        hash <= self.limit.load(Ordering::Relaxed)
    }

    /// From now on about half as many keys are followed.
    pub fn halve(&self) {
        self.limit.store(self.limit.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
    }

    /// The share of all keys that is followed now.
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    pub fn now(&self) -> f64 {
        self.limit.load(Ordering::Relaxed) as f64 / u64::MAX as f64
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a float beyond the largest integer is taken as that, and a share is not exact to the last bit"
)]
fn limit_of(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * u64::MAX as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(share: &Share) -> Vec<u32> {
        (0..10_000).filter(|n| share.holds(format!("game-{n}").as_bytes())).collect()
    }

    #[test]
    fn a_share_of_the_keys_is_followed_and_all_with_a_share_of_one() {
        assert_eq!(followed(&Share::new("plays", 1.0)).len(), 10_000);
        let tenth = followed(&Share::new("plays", 0.1)).len();
        assert!((900..1_100).contains(&tenth), "{tenth}");
    }

    #[test]
    fn the_choice_never_changes() {
        // Pinned: with another choice a server that is updated would lose the keys that it follows.
        let chosen = followed(&Share::new("plays", 0.001));
        assert_eq!(chosen, [4, 447, 1615, 2876, 5831, 5839, 5904, 6079, 6481, 7133]);
    }

    #[test]
    fn those_left_by_a_lower_share_were_followed_before() {
        let share = Share::new("plays", 0.2);
        let before = followed(&share);
        share.halve();
        let after = followed(&share);
        assert!(after.iter().all(|key| before.contains(key)));
        assert!((0.09..0.11).contains(&share.now()), "{}", share.now());
        assert!(after.len() < before.len() * 6 / 10);
    }
}
