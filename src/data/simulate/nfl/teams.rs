//! The 32 clubs by their nflverse codes. Strengths are drawn anew for every seed: the names are there so that the
//! columns look as they do in real files.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conference {
    American,
    National,
}

#[derive(Debug)]
pub(super) struct Team {
    pub(super) code: &'static str,
    pub(super) conference: Conference,
    pub(super) roof: &'static str,
}

const fn american(code: &'static str) -> Team {
    Team { code, conference: Conference::American, roof: "outdoors" }
}

const fn national(code: &'static str) -> Team {
    Team { code, conference: Conference::National, roof: "outdoors" }
}

const fn under(roof: &'static str, team: Team) -> Team {
    Team { roof, ..team }
}

pub(super) const TEAMS: [Team; 32] = [
    american("BAL"),
    american("BUF"),
    american("CIN"),
    american("CLE"),
    american("DEN"),
    under("closed", american("HOU")),
    under("closed", american("IND")),
    american("JAX"),
    american("KC"),
    under("dome", american("LV")),
    under("dome", american("LAC")),
    american("MIA"),
    american("NE"),
    american("NYJ"),
    american("PIT"),
    american("TEN"),
    under("closed", national("ARI")),
    under("dome", national("ATL")),
    national("CAR"),
    national("CHI"),
    under("closed", national("DAL")),
    under("dome", national("DET")),
    national("GB"),
    under("dome", national("LA")),
    under("dome", national("MIN")),
    under("dome", national("NO")),
    national("NYG"),
    national("PHI"),
    national("SF"),
    national("SEA"),
    national("TB"),
    national("WAS"),
];
