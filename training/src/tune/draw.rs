//! Points of a search space.

use features::project::Dimension;

/// The `number`th point, one value for each dimension, by a drawing that depends on `seed` and `number` alone: evenly over
/// the dimension's scale, and short enough to be written down (three significant digits).
pub(super) fn point(space: &[Dimension], seed: u64, number: u32) -> Vec<f64> {
    space.iter().map(|dimension| value(dimension, chance(seed, number, dimension.parameter.name()))).collect()
}

fn value(dimension: &Dimension, chance: f64) -> f64 {
    let Dimension { parameter, low, high } = *dimension;
    let drawn = match (parameter.is_logarithmic(), parameter.is_whole()) {
        (true, _) => (low.ln() + (high.ln() - low.ln()) * chance).exp(),
        // Both ends are as likely as what lies between.
        (false, true) => (low + (high - low + 1.0) * chance).floor(),
        (false, false) => low + (high - low) * chance,
    };
    let drawn = if parameter.is_whole() { drawn.round() } else { three_digits(drawn) };
    drawn.clamp(low, high)
}

fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// From 0 up to 1.
pub(super) fn chance(seed: u64, number: u32, what: &str) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(&number.to_le_bytes()).update(what.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    let chance = (u64::from_le_bytes([a, b, c, d, e, f, g, h]) >> 11) as f64 / (1_u64 << 53) as f64;
    chance
}

#[cfg(test)]
mod tests {
    use features::project::{Algorithm, Boosting};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn points_lie_within_the_space_and_can_be_written_down(seed: u64, number: u32) {
            let space = Algorithm::Boosting(Boosting::default()).search_space();
            let found = point(&space, seed, number);
            prop_assert_eq!(&found, &point(&space, seed, number));
            for (dimension, value) in space.iter().zip(found) {
                prop_assert!((dimension.low..=dimension.high).contains(&value), "{:?}: {}", dimension, value);
                prop_assert!(!dimension.parameter.is_whole() || value.fract() == 0.0);
                prop_assert!(value.to_string().len() <= 7, "{}", value);
            }
        }
    }
}
