//! From values to places, and where ticks go.

/// Linear from an interval of values to an interval of places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// An interval of no width is widened, so that a lone value stands in the middle.
    pub(super) fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Scale {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        Scale { low, high, from, to }
    }

    pub(super) fn place(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// Round numbers within the interval, about `wanted` of them.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<f64> {
        let step = round_step((self.high - self.low) / small(wanted));
        if !(step.is_finite() && step > 0.0) {
            return Vec::new();
        }
        let first = (self.low / step - 1e-9).ceil();
        (0..4 * wanted)
            .map(|i| (first + small(i)) * step)
            .take_while(|tick| *tick <= self.high + step * 1e-9)
            // −0 would be written with its sign.
            .map(|tick| if tick.abs() < step * 1e-9 { 0.0 } else { tick })
            .collect()
    }
}

/// Around data, with a little room, and with zero if it is near.
pub fn around(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = (high - low) * 0.06;
    (low - room, high + room)
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    factors.into_iter().map(|factor| factor * power).find(|round| *round >= step * 0.999).unwrap_or(step)
}

/// As short as the ticks' distance allows.
pub(super) fn label(tick: f64, step: f64) -> String {
    if tick != 0.0 && !(1e-4..1e6).contains(&tick.abs()) {
        return format!("{tick:.0e}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{tick:.decimals$}")
}

/// A small count as a number to calculate with.
pub fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Scale::new((0.0, 1.0), (0.0, 1.0)).ticks(5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(Scale::new((-7.0, 13.0), (0.0, 1.0)).ticks(4), [-5.0, 0.0, 5.0, 10.0]);
        assert_eq!(Scale::new((3.0, 3.0), (0.0, 1.0)).ticks(2), [2.5, 3.0, 3.5]);
    }

    #[test]
    fn labels_have_the_digits_that_the_step_needs() {
        assert_eq!(label(0.6000000000000001, 0.2), "0.6");
        assert_eq!(label(10.0, 5.0), "10");
        assert_eq!(label(2e7, 1e7), "2e7");
    }

    #[test]
    fn without_data_there_is_still_a_scale() {
        assert_eq!(around([]), (0.0, 1.0));
    }
}
