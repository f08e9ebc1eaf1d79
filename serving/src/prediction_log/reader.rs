//! What analysis reads: every answer of an endpoint in a range of time, unit by unit, with what became of it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use features::value::Micros;
use smol_str::SmolStr;

use crate::tables::{Cell, Exposure, ExposureRange, Tables, TablesError, transact};

/// Which answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub endpoint: SmolStr,
    /// Those that an experiment assigned; all of the endpoint's where absent.
    pub experiment: Option<SmolStr>,
    pub from: Micros,
    /// The first time that is not read.
    pub to: Micros,
}

/// One prediction, as analysis sees it. Those of one unit follow each other, and of these the answer to one request and its
/// shadows: they have one `pair`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<'a> {
    /// What was assigned; `None` where a request named none: such answers come first, and have nothing in common.
    pub unit: Option<&'a str>,
    pub experiment: Option<&'a str>,
    pub arm: &'a str,
    pub period: u32,
    /// Its caller chose the arm: to be left out of comparisons.
    pub forced: bool,
    /// It did not go out.
    pub shadow: bool,
    /// The id of the answer that went out.
    pub pair: [u8; 16],
    pub time: Micros,
    /// The probability or the value that was predicted; `None` where it failed.
    pub score: Option<f64>,
    /// What came true: 1 and 0 for TRUE and FALSE, or a number. `None` as long as it is not known.
    pub outcome: Option<f64>,
    /// How long after the prediction the server learned of it, in microseconds.
    pub outcome_delay: Option<Micros>,
    /// What the arm `champion` said of the same request, where it answered or shadowed it.
    pub champion_score: Option<f64>,
    pub latency_us: u32,
    pub failed: bool,
}

/// Hands every observation of the range to `each` in the order of units, until it breaks off. Holds the answers to one
/// request in memory, however many there are.
pub fn observations(
    tables: &mut dyn Tables,
    range: &Range,
    each: &mut dyn FnMut(Observation<'_>) -> ControlFlow<()>,
) -> Result<(), TablesError> {
    let names = Names::read(tables)?;
    let Some(endpoint) = names.number(&range.endpoint) else { return Ok(()) };
    let experiment = match &range.experiment {
        Some(name) => match names.number(name) {
            Some(number) => Some(number),
            None => return Ok(()),
        },
        None => None,
    };
    let range = ExposureRange { endpoint, experiment, from: range.from, to: range.to };
    let champion = names.number("champion");
    let mut together = Together { unit: String::new(), answers: Vec::new(), champion };
    let mut broken_off = false;
    tables.exposures(range, &mut |exposure| {
        if !together.takes(&exposure) {
            if together.tell(&names, each).is_break() {
                broken_off = true;
                return ControlFlow::Break(());
            }
            together.begin(&exposure);
        }
        together.answers.push(Exposure { unit: "", ..exposure });
        ControlFlow::Continue(())
    })?;
    if !broken_off {
        // It is the end in any case.
        let _ = together.tell(&names, each);
    }
    Ok(())
}

/// The first and the last time of which the tables have predictions of an endpoint; `None` if there are none.
pub fn span(tables: &mut dyn Tables, endpoint: &str) -> Result<Option<(Micros, Micros)>, TablesError> {
    transact(tables, |statements| {
        let mut span: Option<(Micros, Micros)> = None;
        for day in statements.days()? {
            let sql = format!(
                "SELECT MIN(time), MAX(time) FROM exposures_{day} \
                 WHERE endpoint = (SELECT id FROM names WHERE name = $1)"
            );
            let rows = statements.query(&sql, &[endpoint.into()])?;
            let found = rows.first().and_then(|row| Some((row.first()?.int()?, row.get(1)?.int()?)));
            if let Some((first, last)) = found {
                span = Some(span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
            }
        }
        Ok(span)
    })
}

/// The answers to one request.
struct Together {
    unit: String,
    answers: Vec<Exposure<'static>>,
    champion: Option<i64>,
}

impl Together {
    fn takes(&self, exposure: &Exposure<'_>) -> bool {
        self.answers.first().is_some_and(|first| first.pair == exposure.pair) && self.unit == exposure.unit
    }

    fn begin(&mut self, exposure: &Exposure<'_>) {
        self.answers.clear();
        self.unit.clear();
        self.unit.push_str(exposure.unit);
    }

    fn tell(&self, names: &Names, each: &mut dyn FnMut(Observation<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let champion = self.answers.iter().find(|answer| Some(answer.arm) == self.champion);
        for answer in &self.answers {
            each(Observation {
                unit: (!self.unit.is_empty()).then_some(self.unit.as_str()),
                experiment: answer.experiment.map(|experiment| names.name(experiment)),
                arm: names.name(answer.arm),
                period: u32::try_from(answer.period).unwrap_or(u32::MAX),
                forced: answer.forced,
                shadow: answer.shadow,
                pair: answer.pair,
                time: answer.time,
                score: answer.score,
                outcome: answer.outcome,
                // Clocks of several servers may disagree by more than an outcome takes.
                outcome_delay: answer.outcome_at.map(|at| at.saturating_sub(answer.time).max(0)),
                champion_score: champion.and_then(|champion| champion.score),
                latency_us: u32::try_from(answer.latency_us).unwrap_or(u32::MAX),
                failed: answer.failed,
            })?;
        }
        ControlFlow::Continue(())
    }
}

/// What the numbers of names stand for.
struct Names(HashMap<i64, String>);

impl Names {
    fn read(tables: &mut dyn Tables) -> Result<Names, TablesError> {
        let rows = transact(tables, |statements| statements.query("SELECT id, name FROM names", &[]))?;
        let named = |row: &Vec<Cell<'static>>| Some((row.first()?.int()?, row.get(1)?.text()?.to_owned()));
        Ok(Names(rows.iter().filter_map(named).collect()))
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.0.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    fn name(&self, number: i64) -> &str {
        self.0.get(&number).map_or("", String::as_str)
    }
}
