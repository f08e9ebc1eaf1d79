//! What a worker with several lanes does next, as pure functions of how far each lane is.

/// How a lane stands, as far as it decides what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It is level with the partition and folds each batch as it is published.
    pub(super) live: bool,
    /// A version that serves needs its rows.
    pub(super) required: bool,
    /// It has given up.
    pub(super) stuck: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Fold the lane at this place up to where the partition stands, before anything more is published.
    CatchUp(usize),
    /// Fold so many events of the lane at this place, then go on.
    Bootstrap { lane: usize, events: usize },
    /// Publish the next batch.
    Publish,
}

/// Nothing is published while a lane that serves is behind: its rows would come from half-filled windows. Lanes that
/// nobody waits for get a share of the time: `owed` events since the last batch that was published.
pub(super) fn course(lanes: &[Standing], owed: usize) -> Course {
    let behind = |lane: &&Standing| !lane.live;
    let place = |found: &dyn Fn(&Standing) -> bool| lanes.iter().position(|lane| behind(&lane) && found(lane));
    if let Some(lane) = place(&|lane| lane.required) {
        return Course::CatchUp(lane);
    }
    match place(&|lane| !lane.stuck) {
        Some(lane) if owed > 0 => Course::Bootstrap { lane, events: owed },
        _ => Course::Publish,
    }
}

/// How many events of a lane that is behind are folded after a batch of so many was published: twice as many, so that
/// it comes level however fast events arrive, and no fewer than `least`, so that a slow stream does not hold it up.
pub(super) fn owed(published: u64, least: usize) -> usize {
    usize::try_from(published.saturating_mul(2)).unwrap_or(usize::MAX).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Standing = Standing { live: true, required: false, stuck: false };
    const SERVES: Standing = Standing { live: true, required: true, stuck: false };
    const BEHIND: Standing = Standing { live: false, required: false, stuck: false };
    const AWAITED: Standing = Standing { live: false, required: true, stuck: false };
    const STUCK: Standing = Standing { live: false, required: false, stuck: true };

    #[test]
    fn with_every_lane_level_batches_are_published() {
        assert_eq!(course(&[SERVES, LIVE], 9), Course::Publish);
        assert_eq!(course(&[], 9), Course::Publish);
    }

    #[test]
    fn nothing_is_published_while_a_lane_that_serves_is_behind() {
        assert_eq!(course(&[LIVE, BEHIND, AWAITED], 9), Course::CatchUp(2));
        assert_eq!(course(&[AWAITED, AWAITED], 0), Course::CatchUp(0));
        let stuck = Standing { stuck: true, ..AWAITED };
        assert_eq!(course(&[SERVES, stuck], 9), Course::CatchUp(1), "its trouble is everybody's");
    }

    #[test]
    fn a_lane_that_nobody_waits_for_gets_its_share_between_batches() {
        assert_eq!(course(&[SERVES, BEHIND, BEHIND], 6), Course::Bootstrap { lane: 1, events: 6 });
        assert_eq!(course(&[SERVES, BEHIND], 0), Course::Publish);
    }

    #[test]
    fn a_lane_that_is_stuck_holds_nobody_up() {
        assert_eq!(course(&[SERVES, STUCK], 6), Course::Publish);
        assert_eq!(course(&[SERVES, STUCK, BEHIND], 6), Course::Bootstrap { lane: 2, events: 6 });
    }

    #[test]
    fn a_lane_that_is_behind_gains_on_the_partition() {
        assert_eq!(owed(0, 256), 256);
        assert_eq!(owed(1_024, 256), 2_048);
        assert_eq!(owed(u64::MAX, 1), usize::MAX);
    }
}
