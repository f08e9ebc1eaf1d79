use super::Chance;
use crate::evaluation::Loss;
use features::project::Task;

use crate::experiment::Metric;

/// A kind of experiment: what its units are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Games of 10 to 30 plays, each play with a win probability, all judged by the one result of their game.
    Games,
    /// One prediction a unit, by an overconfident model: seldom wrong, and then at a high price.
    SkewedLoss,
    /// One outcome a unit, TRUE in one of two hundred.
    RareOutcome,
    /// Normal values, where theory is exact.
    Normal,
}

/// One prediction: the metric's value and what the champion's score says of it.
pub(super) type Row = (f64, f64);

impl World {
    pub fn name(self) -> &'static str {
        match self {
            World::Games => "games: log loss of plays that share a result",
            World::SkewedLoss => "skewed log loss",
            World::RareOutcome => "rare outcome (1 in 200)",
            World::Normal => "normal values",
        }
    }

    /// A unit's predictions, into `rows`. `effect`: what the arm adds to the mean of the metric.
    pub(super) fn unit(self, chance: &mut Chance, effect: f64, rows: &mut Vec<Row>) {
        rows.clear();
        match self {
            World::Games => game(chance, effect, rows),
            World::SkewedLoss => {
                // Says 0.9 to 0.9999 where 0.9 to 0.98 would be right: 9.2 is lost at worst, 0.01 mostly.
                let truth = 0.9 + 0.08 * chance.uniform();
                let claimed = 1.0 - (1.0 - truth) * 10.0_f64.powf(-2.0 * chance.uniform());
                let label = f64::from(u8::from(chance.happens(truth)));
                rows.push((Loss::Log.of_row(label, claimed) + effect, 0.0));
            }
            World::RareOutcome => rows.push((f64::from(u8::from(chance.happens(0.005 + effect))), 0.0)),
            World::Normal => {
                let covariate = chance.normal();
                rows.push((0.8 * covariate + 0.6 * chance.normal() + effect, covariate));
            }
        }
    }
}

/// The lead walks at random until the end, where its sign is the result; the model knows the walk's law.
fn game(chance: &mut Chance, effect: f64, rows: &mut Vec<Row>) {
    let plays = chance.whole(10, 30);
    let mut lead = 0.6 * chance.normal();
    let mut left = 1.0;
    let step = 1.0 / crate::experiment::moments::number(plays);
    for _ in 0..plays {
        let claimed = crate::experiment::normal::below(lead / f64::sqrt(left));
        rows.push((claimed, Metric::LogLoss.expected(claimed, Task::Classification).unwrap_or_default()));
        lead += step.sqrt() * chance.normal();
        left -= step;
        left = left.max(step / 2.0);
    }
    let label = f64::from(u8::from(0.0 < lead));
    for row in rows.iter_mut() {
        row.0 = Loss::Log.of_row(label, row.0) + effect;
    }
}
