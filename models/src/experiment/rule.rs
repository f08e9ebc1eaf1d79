//! The rule that was declared beforehand, as a pure function of what is known.

use super::Interval;
use super::health::Light;

/// What the rule looks at, of one challenger.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub arm: String,
    /// With the primary metric, of the smaller of the two arms.
    pub units: u64,
    /// Of the primary metric: how much better the challenger is, at all times; in the direction that is better.
    pub gain: Option<Interval>,
    pub guards: Vec<GuardEvidence>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GuardEvidence {
    pub metric: String,
    pub state: GuardState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardState {
    /// Shown to be within the limit, at all times.
    Kept,
    /// Shown to be beyond it.
    Broken,
    Open,
}

impl GuardState {
    /// From how much worse the challenger is, and how much worse it may be.
    pub fn of(harm: Option<Interval>, limit: f64) -> GuardState {
        match harm {
            Some(harm) if harm.high < limit => GuardState::Kept,
            Some(harm) if limit < harm.low => GuardState::Broken,
            _ => GuardState::Open,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Ship,
    RollBack,
    KeepGoing,
    Unhealthy,
}

/// What the rule says, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    pub call: Call,
    /// The arm that is to be shipped or rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    pub reason: String,
}

/// Of one challenger: a broken guard first, then whether there is enough to go by, then the primary metric.
pub(super) fn of_challenger(evidence: &Evidence, health: Light, minimum_units: u64) -> Decision {
    let arm = &evidence.arm;
    let decide = |call: Call, reason: String| Decision { call, arm: Some(arm.clone()), reason };
    if health == Light::Red {
        return decide(Call::Unhealthy, "health is red: the figures cannot be compared".to_owned());
    }
    if evidence.units < minimum_units {
        let reason = format!("{} of the {minimum_units} units that each arm needs", evidence.units);
        return decide(Call::KeepGoing, reason);
    }
    let names = |state: GuardState| {
        let found = evidence.guards.iter().filter(move |guard| guard.state == state);
        found.map(|guard| format!("`{}`", guard.metric)).collect::<Vec<_>>().join(", ")
    };
    let (broken, open) = (names(GuardState::Broken), names(GuardState::Open));
    if !broken.is_empty() {
        return decide(Call::RollBack, format!("`{arm}` breaks its guard on {broken}"));
    }
    match evidence.gain {
        Some(gain) if gain.high < 0.0 => decide(Call::RollBack, format!("`{arm}` is worse than the champion")),
        Some(gain) if 0.0 < gain.low && open.is_empty() => {
            decide(Call::Ship, format!("`{arm}` is better than the champion, and keeps its guards"))
        }
        Some(gain) if 0.0 < gain.low => {
            decide(Call::KeepGoing, format!("`{arm}` is better than the champion; not yet sure of its guard on {open}"))
        }
        _ => decide(Call::KeepGoing, "the interval still holds no difference".to_owned()),
    }
}

/// Of them all: the best that may be shipped, or all rolled back.
pub(super) fn overall(challengers: &[(Decision, Option<f64>)]) -> Decision {
    let of = |call: Call| challengers.iter().filter(move |(decision, _)| decision.call == call);
    if let Some((unhealthy, _)) = of(Call::Unhealthy).next() {
        return Decision { arm: None, ..unhealthy.clone() };
    }
    let gain = |gain: &Option<f64>| gain.unwrap_or(f64::NEG_INFINITY);
    if let Some((best, _)) = of(Call::Ship).max_by(|a, b| gain(&a.1).total_cmp(&gain(&b.1))) {
        return best.clone();
    }
    let back: Vec<_> = of(Call::RollBack).collect();
    if !back.is_empty() && back.len() == challengers.len() {
        let reason = back.iter().map(|(decision, _)| decision.reason.as_str()).collect::<Vec<_>>().join("; ");
        let arm = if back.len() == 1 { back[0].0.arm.clone() } else { None };
        return Decision { call: Call::RollBack, arm, reason };
    }
    let reasons = challengers.iter().map(|(decision, _)| {
        let arm = decision.arm.as_deref().unwrap_or("?");
        if challengers.len() == 1 { decision.reason.clone() } else { format!("{arm}: {}", decision.reason) }
    });
    Decision { call: Call::KeepGoing, arm: None, reason: reasons.collect::<Vec<_>>().join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(gain: Option<(f64, f64)>, guards: &[GuardState]) -> Evidence {
        let guards = guards.iter().map(|&state| GuardEvidence { metric: "latency_ms".to_owned(), state }).collect();
        let gain = gain.map(|(low, high)| Interval { low, high });
        Evidence { arm: "boosted".to_owned(), units: 500, gain, guards }
    }

    #[track_caller]
    fn check(gain: Option<(f64, f64)>, guards: &[GuardState], expected: Call) {
        assert_eq!(of_challenger(&evidence(gain, guards), Light::Green, 100).call, expected);
    }

    #[test]
    fn what_is_better_and_keeps_its_guards_is_shipped() {
        check(Some((0.01, 0.03)), &[], Call::Ship);
        check(Some((0.01, 0.03)), &[GuardState::Kept], Call::Ship);
        check(Some((0.01, 0.03)), &[GuardState::Kept, GuardState::Open], Call::KeepGoing);
    }

    #[test]
    fn what_is_worse_or_breaks_a_guard_is_rolled_back() {
        check(Some((-0.03, -0.01)), &[GuardState::Kept], Call::RollBack);
        check(Some((0.01, 0.03)), &[GuardState::Broken], Call::RollBack);
        check(None, &[GuardState::Broken], Call::RollBack);
    }

    #[test]
    fn what_is_not_known_yet_goes_on() {
        check(None, &[], Call::KeepGoing);
        check(Some((-0.01, 0.03)), &[], Call::KeepGoing);
        assert_eq!(of_challenger(&evidence(Some((0.1, 0.2)), &[]), Light::Yellow, 501).call, Call::KeepGoing);
    }

    #[test]
    fn nothing_is_said_of_an_experiment_that_is_unwell() {
        let decision = of_challenger(&evidence(Some((0.1, 0.2)), &[GuardState::Kept]), Light::Red, 100);
        assert_eq!(decision.call, Call::Unhealthy);
        assert_eq!(overall(&[(decision, None)]).call, Call::Unhealthy);
    }

    #[test]
    fn the_better_of_two_is_shipped_and_one_that_is_worse_does_not_stop_the_other() {
        let decision = |call: Call, arm: &str| Decision { call, arm: Some(arm.to_owned()), reason: String::new() };
        let both = [(decision(Call::Ship, "a"), Some(0.1)), (decision(Call::Ship, "b"), Some(0.2))];
        assert_eq!(overall(&both).arm.as_deref(), Some("b"));
        let one = [(decision(Call::RollBack, "a"), None), (decision(Call::KeepGoing, "b"), None)];
        assert_eq!(overall(&one).call, Call::KeepGoing);
        let none = [(decision(Call::RollBack, "a"), None), (decision(Call::RollBack, "b"), None)];
        assert_eq!(overall(&none).call, Call::RollBack);
    }
}
