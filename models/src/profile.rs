//! `profile.json`: the distribution of every feature and of the prediction over the training part, so that drift can be
//! told from what was normal.
//!
//! Distributions are kept as t-digests (Dunning and Ertl 2019, "Computing extremely accurate quantiles using t-digests"),
//! in the binary form of Apache DataSketches: they are small, can be merged, and are most exact in the tails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use datasketches::tdigest::TDigestMut;
use features::value::Type;

use crate::signature::{Feature, Signature};

/// The digests' compression: rank errors well below one per cent, in 2 to 3 kB.
const COMPRESSION: u16 = 100;

/// Shares of the rows at which quantiles are written out for readers without a digest at hand.
pub const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// Of one training part.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Profile {
    pub rows: u64,
    /// In the signature's order.
    pub features: Vec<FeatureProfile>,
    pub prediction: Distribution,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FeatureProfile {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: Type,
    #[serde(flatten)]
    pub distribution: Distribution,
}

/// Of numbers, some of them missing. A boolean counts as 0 or 1, so its mean is the share of TRUE.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Distribution {
    /// Rows without a value.
    pub missing: u64,
    /// Absent where no row has a value.
    #[serde(flatten)]
    pub values: Option<Values>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Values {
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// Of the sample; 0 for a single value.
    pub standard_deviation: f64,
    /// At [`QUANTILES`], approximate.
    pub quantiles: Vec<f64>,
    /// A DataSketches t-digest, base64.
    pub digest: String,
}

impl Profile {
    /// `columns` has one column for each feature of the signature, NaN where a value is missing.
    pub fn new<'a>(
        signature: &Signature,
        columns: impl IntoIterator<Item = &'a [f64]>,
        predictions: &[f64],
    ) -> Profile {
        let profile = |(feature, values): (&Feature, &[f64])| FeatureProfile {
            name: feature.name.clone(),
            ty: feature.ty,
            distribution: Distribution::new(values),
        };
        Profile {
            rows: predictions.len() as u64,
            features: signature.features.iter().zip(columns).map(profile).collect(),
            prediction: Distribution::new(predictions),
        }
    }
}

impl Distribution {
    /// What is not finite counts as missing.
    pub fn new(values: &[f64]) -> Distribution {
        let present = || values.iter().copied().filter(|x| x.is_finite());
        let rows = present().count();
        Distribution { missing: (values.len() - rows) as u64, values: Values::new(rows, present) }
    }

    /// The digest, to ask or to merge; `None` where there are no values or the bytes are no digest.
    pub fn digest(&self) -> Option<TDigestMut> {
        TDigestMut::deserialize(&BASE64.decode(&self.values.as_ref()?.digest).ok()?).ok()
    }
}

impl Values {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is below 2^53")]
    fn new<I: Iterator<Item = f64>>(rows: usize, values: impl Fn() -> I) -> Option<Values> {
        let mut digest = TDigestMut::new(COMPRESSION).ok()?;
        values().for_each(|value| digest.update(value));
        let mean = values().sum::<f64>() / rows as f64;
        let squares: f64 = values().map(|value| (value - mean).powi(2)).sum();
        Some(Values {
            min: digest.min_value()?,
            max: digest.max_value()?,
            mean,
            standard_deviation: if rows > 1 { (squares / (rows - 1) as f64).sqrt() } else { 0.0 },
            quantiles: digest.quantiles(&QUANTILES).ok()??,
            digest: BASE64.encode(digest.serialize()),
        })
        .filter(Values::is_finite)
    }

    /// Numbers so large that their squares overflow have no profile; JSON could not keep it.
    fn is_finite(&self) -> bool {
        let numbers = [self.min, self.max, self.mean, self.standard_deviation];
        numbers.iter().chain(&self.quantiles).all(|x| x.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use features::project::Task;

    use super::*;

    fn values(of: &[f64]) -> Values {
        Distribution::new(of).values.unwrap()
    }

    #[test]
    fn quantiles_come_near_the_sorted_values() {
        // A fixed shuffle of 0 to 9,999: 7,919 is prime.
        let numbers: Vec<f64> = (0..10_000_u32).map(|i| f64::from(i * 7_919 % 10_000)).collect();
        let found = values(&numbers);
        for (share, quantile) in QUANTILES.iter().zip(&found.quantiles) {
            assert!((quantile - share * 10_000.0).abs() < 50.0, "{share}: {quantile}");
        }
        assert_eq!((found.min, found.max, found.mean), (0.0, 9_999.0, 4_999.5));
        // The standard deviation of 0 to n − 1 is sqrt(n (n + 1) / 12).
        assert!((found.standard_deviation - (10_000.0_f64 * 10_001.0 / 12.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn missing_values_are_counted_and_left_out() {
        let distribution = Distribution::new(&[1.0, f64::NAN, 3.0]);
        assert_eq!(distribution.missing, 1);
        assert_eq!(distribution.values.unwrap().mean, 2.0);
        assert_eq!(Distribution::new(&[f64::NAN]), Distribution { missing: 1, values: None });
    }

    #[test]
    fn a_profile_survives_json_and_its_digest_can_be_asked() {
        let signature = Signature::new(vec![Feature::new("lead", Type::Float)], Task::Classification);
        let profile = Profile::new(&signature, [&[1.0, 2.0, f64::NAN][..]], &[0.1, 0.5, 0.9]);
        let read: Profile = serde_json::from_str(&serde_json::to_string(&profile).unwrap()).unwrap();
        assert_eq!(read, profile);
        assert_eq!(read.prediction.digest().unwrap().rank(0.5).unwrap(), Some(0.5));
    }

    #[test]
    fn equal_rows_give_equal_bytes() {
        let numbers: Vec<f64> = (0..5_000).map(|i| f64::from(i).sin()).collect();
        assert_eq!(values(&numbers), values(&numbers));
    }

    #[test]
    fn numbers_near_the_end_of_the_range_have_no_profile() {
        assert_eq!(Distribution::new(&[1e300, -1e300]).values, None);
    }
}
