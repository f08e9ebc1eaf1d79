use features::project::Task;

/// intercept + Σ coefficient × input, in original units, then the link. Missing inputs take their imputation.
/// Checked when built: as many imputations as coefficients, all numbers finite.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Parts")]
pub struct LinearModel {
    link: Link,
    intercept: f64,
    coefficients: Vec<f64>,
    imputation: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// The sum is the expected value.
    Identity,
    /// The sum is the log-odds of TRUE.
    Logit,
}

impl Link {
    pub fn of(task: Task) -> Link {
        match task {
            Task::Classification => Link::Logit,
            Task::Regression => Link::Identity,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLinearModel {
    #[error("{coefficients} coefficients, but {imputations} imputations")]
    Lengths { coefficients: usize, imputations: usize },
    #[error("the {what} {} is not a finite number", index + 1)]
    NotFinite { what: &'static str, index: usize },
}

impl LinearModel {
    pub fn new(
        link: Link,
        intercept: f64,
        coefficients: Vec<f64>,
        imputation: Vec<f64>,
    ) -> Result<LinearModel, InvalidLinearModel> {
        if coefficients.len() != imputation.len() {
            return Err(InvalidLinearModel::Lengths {
                coefficients: coefficients.len(),
                imputations: imputation.len(),
            });
        }
        for (what, numbers) in
            [("intercept", &[intercept][..]), ("coefficient", &coefficients), ("imputation", &imputation)]
        {
            if let Some(index) = numbers.iter().position(|x| !x.is_finite()) {
                return Err(InvalidLinearModel::NotFinite { what, index });
            }
        }
        Ok(LinearModel { link, intercept, coefficients, imputation })
    }

    pub fn link(&self) -> Link {
        self.link
    }

    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// One for each input.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// What stands in for a missing input; one for each.
    pub fn imputation(&self) -> &[f64] {
        &self.imputation
    }
}

/// The model as it stands in a file, before it is checked.
#[derive(serde::Deserialize)]
struct Parts {
    link: Link,
    intercept: f64,
    coefficients: Vec<f64>,
    imputation: Vec<f64>,
}

impl TryFrom<Parts> for LinearModel {
    type Error = InvalidLinearModel;

    fn try_from(parts: Parts) -> Result<LinearModel, InvalidLinearModel> {
        LinearModel::new(parts.link, parts.intercept, parts.coefficients, parts.imputation)
    }
}
