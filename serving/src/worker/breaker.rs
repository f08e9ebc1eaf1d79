//! Whether so many events are refused that something is wrong with all of them: then a worker stops, instead of moving a whole
//! topic to the dead letters. No clock and no log here.

/// Looks at the newest events, and no fewer than so many: a few bad ones prove nothing.
const LEAST: u64 = 200;

/// How many of a partition's newest events were refused.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// The most that may be refused of all, if there is a limit.
    limit: Option<f64>,
    events: u64,
    refused: u64,
}

/// More were refused than the stream allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tripped {
    pub(super) refused: u64,
    pub(super) events: u64,
    pub(super) limit: f64,
}

impl Breaker {
    pub(super) fn new(limit: Option<f64>) -> Breaker {
        Breaker { limit, ..Breaker::default() }
    }

    /// Takes note of a batch that is to be committed, unless it is one too many: then nothing is noted, and the same batch is
    /// one too many again.
    pub(super) fn admit(&mut self, events: u64, refused: u64) -> Result<(), Tripped> {
        let Some(limit) = self.limit else { return Ok(()) };
        let (all, bad) = (self.events + events, self.refused + refused);
        if all >= LEAST && share(bad, all) > limit {
            return Err(Tripped { refused: bad, events: all, limit });
        }
        // What is long past counts less and less.
        let halve = if all >= 2 * LEAST { 2 } else { 1 };
        (self.events, self.refused) = (all / halve, bad / halve);
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of events needs no more than 53 bits")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_limit_everything_may_be_refused() {
        let mut breaker = Breaker::new(None);
        assert_eq!(breaker.admit(10_000, 10_000), Ok(()));
    }

    #[test]
    fn a_few_events_prove_nothing() {
        let mut breaker = Breaker::new(Some(0.5));
        assert_eq!(breaker.admit(LEAST - 1, LEAST - 1), Ok(()));
        assert!(breaker.admit(1, 1).is_err());
    }

    #[test]
    fn the_share_is_of_the_newest_events() {
        let mut breaker = Breaker::new(Some(0.5));
        for _ in 0..1_000 {
            assert_eq!(breaker.admit(100, 0), Ok(()));
        }
        let bad = (1..).find(|_| breaker.admit(100, 100).is_err()).expect("some time");
        assert!(bad < 10, "{bad} batches were drained");
    }

    #[test]
    fn a_batch_that_is_one_too_many_stays_so() {
        let mut breaker = Breaker::new(Some(0.1));
        for _ in 0..10 {
            assert_eq!(breaker.admit(300, 200), Err(Tripped { refused: 200, events: 300, limit: 0.1 }));
        }
        assert_eq!(breaker.admit(300, 30), Ok(()));
    }
}
