//! What a side has got so far.

/// One of the five players of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Player {
    /// Earned, spent or not.
    pub(super) gold: i64,
    pub(super) xp: i64,
    pub(super) minions: i64,
    /// Jungle monsters.
    pub(super) jungle: i64,
    pub(super) kills: i64,
    pub(super) deaths: i64,
    pub(super) assists: i64,
}

/// Counts since the start of the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Team {
    pub(super) players: [Player; 5],
    pub(super) first_blood: bool,
    /// Destroyed by the side, at most eleven.
    pub(super) towers: i64,
    pub(super) inhibitors: i64,
    /// Elder dragons apart.
    pub(super) dragons: i64,
    pub(super) elders: i64,
    pub(super) heralds: i64,
    pub(super) voidgrubs: i64,
    pub(super) barons: i64,
    pub(super) wards: i64,
    pub(super) wards_destroyed: i64,
}

/// Experience at which each level from the second on begins.
const LEVELS: [i64; 17] =
    [280, 660, 1140, 1720, 2400, 3180, 4060, 5040, 6120, 7300, 8580, 9960, 11_440, 13_020, 14_700, 16_480, 18_360];

impl Default for Player {
    /// With the gold that everybody starts with.
    fn default() -> Player {
        Player { gold: 500, xp: 0, minions: 0, jungle: 0, kills: 0, deaths: 0, assists: 0 }
    }
}

impl Player {
    /// From 1 to 18.
    pub(super) fn level(&self) -> i64 {
        let reached = LEVELS.iter().take_while(|&&xp| xp <= self.xp).count();
        i64::try_from(reached).unwrap_or(17) + 1
    }
}

impl Team {
    pub(super) fn sum(&self, of: impl Fn(&Player) -> i64) -> i64 {
        self.players.iter().map(of).sum()
    }

    pub(super) fn gold(&self) -> i64 {
        self.sum(|p| p.gold)
    }

    pub(super) fn kills(&self) -> i64 {
        self.sum(|p| p.kills)
    }
}
