/// From an uncalibrated margin to the probability that is told. It never changes the order of two rows, and takes the
/// place of the model's link.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Calibration {
    Platt(Platt),
    Isotonic(Isotonic),
}

/// probability = 1 / (1 + exp(−(intercept + slope × margin))), after J. Platt, "Probabilistic outputs for support
/// vector machines" (1999). Checked when built: both numbers finite, the slope not negative.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "PlattParts")]
pub struct Platt {
    intercept: f64,
    slope: f64,
}

/// Straight lines between points (margin, probability), and the first and last probability beyond them. Checked when
/// built: at least one point, margins finite and growing, probabilities in [0, 1] and never falling.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "IsotonicParts")]
pub struct Isotonic {
    margins: Vec<f64>,
    probabilities: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCalibration {
    #[error("the {what} of a Platt calibration is not a finite number")]
    NotFinite { what: &'static str },
    #[error("the slope of a Platt calibration is negative")]
    Falling,
    #[error("an isotonic calibration has {margins} margins, but {probabilities} probabilities")]
    Lengths { margins: usize, probabilities: usize },
    #[error("an isotonic calibration has no point")]
    Empty,
    #[error("margin {} of an isotonic calibration is not finite, or not above the one before", index + 1)]
    Margin { index: usize },
    #[error("probability {} of an isotonic calibration is not between the one before and 1", index + 1)]
    Probability { index: usize },
}

impl Calibration {
    /// `platt` or `isotonic`, as projects spell it.
    pub fn method(&self) -> &'static str {
        match self {
            Calibration::Platt(_) => "platt",
            Calibration::Isotonic(_) => "isotonic",
        }
    }
}

impl Platt {
    pub fn new(intercept: f64, slope: f64) -> Result<Platt, InvalidCalibration> {
        for (what, number) in [("intercept", intercept), ("slope", slope)] {
            if !number.is_finite() {
                return Err(InvalidCalibration::NotFinite { what });
            }
        }
        if slope < 0.0 { Err(InvalidCalibration::Falling) } else { Ok(Platt { intercept, slope }) }
    }

    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    pub fn slope(&self) -> f64 {
        self.slope
    }
}

impl Isotonic {
    pub fn new(margins: Vec<f64>, probabilities: Vec<f64>) -> Result<Isotonic, InvalidCalibration> {
        if margins.len() != probabilities.len() {
            return Err(InvalidCalibration::Lengths { margins: margins.len(), probabilities: probabilities.len() });
        }
        if margins.is_empty() {
            return Err(InvalidCalibration::Empty);
        }
        for (index, margin) in margins.iter().enumerate() {
            if !margin.is_finite() || index > 0 && *margin <= margins[index - 1] {
                return Err(InvalidCalibration::Margin { index });
            }
        }
        for (index, probability) in probabilities.iter().enumerate() {
            let least = if index == 0 { 0.0 } else { probabilities[index - 1] };
            if !(least..=1.0).contains(probability) {
                return Err(InvalidCalibration::Probability { index });
            }
        }
        Ok(Isotonic { margins, probabilities })
    }

    /// Growing; at least one.
    pub fn margins(&self) -> &[f64] {
        &self.margins
    }

    /// Never falling; one for each margin.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }
}

/// As it stands in a file, before it is checked.
#[derive(serde::Deserialize)]
struct PlattParts {
    intercept: f64,
    slope: f64,
}

impl TryFrom<PlattParts> for Platt {
    type Error = InvalidCalibration;

    fn try_from(parts: PlattParts) -> Result<Platt, InvalidCalibration> {
        Platt::new(parts.intercept, parts.slope)
    }
}

#[derive(serde::Deserialize)]
struct IsotonicParts {
    margins: Vec<f64>,
    probabilities: Vec<f64>,
}

impl TryFrom<IsotonicParts> for Isotonic {
    type Error = InvalidCalibration;

    fn try_from(parts: IsotonicParts) -> Result<Isotonic, InvalidCalibration> {
        Isotonic::new(parts.margins, parts.probabilities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_calibration_is_refused() {
        assert_eq!(Platt::new(f64::NAN, 1.0), Err(InvalidCalibration::NotFinite { what: "intercept" }));
        assert_eq!(Platt::new(0.0, -1.0), Err(InvalidCalibration::Falling));
        let isotonic = |margins: &[f64], probabilities: &[f64]| {
            Isotonic::new(margins.to_vec(), probabilities.to_vec()).unwrap_err()
        };
        assert_eq!(isotonic(&[], &[]), InvalidCalibration::Empty);
        assert_eq!(isotonic(&[0.0], &[]), InvalidCalibration::Lengths { margins: 1, probabilities: 0 });
        assert_eq!(isotonic(&[0.0, 0.0], &[0.0, 1.0]), InvalidCalibration::Margin { index: 1 });
        assert_eq!(isotonic(&[f64::INFINITY], &[0.0]), InvalidCalibration::Margin { index: 0 });
        assert_eq!(isotonic(&[0.0, 1.0], &[0.5, 0.4]), InvalidCalibration::Probability { index: 1 });
        assert_eq!(isotonic(&[0.0], &[f64::NAN]), InvalidCalibration::Probability { index: 0 });
        assert_eq!(isotonic(&[0.0], &[1.5]), InvalidCalibration::Probability { index: 0 });
        assert_eq!(isotonic(&[0.0], &[-0.5]), InvalidCalibration::Probability { index: 0 });
    }

    #[test]
    fn a_file_is_checked_as_it_is_read() {
        let read = |text: &str| serde_json::from_str::<Calibration>(text).map_err(|error| error.to_string());
        let platt = read(r#"{"method":"platt","intercept":0.5,"slope":2.0}"#);
        assert_eq!(platt, Ok(Calibration::Platt(Platt { intercept: 0.5, slope: 2.0 })));
        let falling = read(r#"{"method":"isotonic","margins":[0.0,1.0],"probabilities":[0.5,0.4]}"#).unwrap_err();
        assert!(falling.contains("probability 2 of an isotonic calibration"), "{falling}");
    }
}
