//! Gates, as manifests keep them.

/// How the version stands to the limits that its project sets.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GateReport {
    pub outcome: GateOutcome,
    pub rules: Vec<GateRuleReport>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateOutcome {
    Passed,
    Failed,
    /// The project sets no limits.
    None,
}

impl GateOutcome {
    /// As in JSON: `passed`, `failed`, `none`.
    pub fn name(self) -> &'static str {
        match self {
            GateOutcome::Passed => "passed",
            GateOutcome::Failed => "failed",
            GateOutcome::None => "none",
        }
    }
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GateRuleReport {
    pub metric: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Absent where the metric is undefined on the test part; such a rule is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    pub kept: bool,
}

/// What was asked and what was seen.
impl std::fmt::Display for GateRuleReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", if self.kept { "kept" } else { "broken" }, self.metric)?;
        if let Some(reference) = &self.reference {
            write!(f, " to {reference}")?;
        }
        match self.observed {
            Some(observed) => write!(f, " is {observed:.4}")?,
            None => f.write_str(" could not be computed")?,
        }
        let limits = [self.min.map(|x| format!("at least {x}")), self.max.map(|x| format!("at most {x}"))];
        write!(f, ", limit {}", limits.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let rule = GateRuleReport {
            metric: "paired_log_loss_difference".to_owned(),
            reference: Some("vegas_wp".to_owned()),
            min: None,
            max: Some(0.02),
            observed: Some(0.00091),
            kept: true,
        };
        assert_eq!(rule.to_string(), "kept: paired_log_loss_difference to vegas_wp is 0.0009, limit at most 0.02");
        let unknown = GateRuleReport {
            metric: "auc".to_owned(),
            reference: None,
            min: Some(0.7),
            observed: None,
            kept: false,
            ..rule
        };
        assert_eq!(unknown.to_string(), "broken: auc could not be computed, limit at least 0.7 and at most 0.02");
    }
}
