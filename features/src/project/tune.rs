//! `[models.NAME.tune]`: from where to where parameters are searched for.

use toml::de::DeValue;

use super::algorithm::{Algorithm, Dimension, Tunable};
use super::document::{Section, float_of};
use crate::nearest::did_you_mean;

/// `parameter = [low, high]`; faulty ones are told and left out.
pub(super) fn read(section: &Section<'_>, algorithm: &Algorithm) -> Vec<Dimension> {
    let doc = section.doc;
    let tunable = Tunable::of(algorithm);
    let names = || tunable.iter().map(|parameter| parameter.name());
    let mut space = Vec::new();
    for (name, value) in section.entries() {
        let Some(&parameter) = tunable.iter().find(|parameter| parameter.name() == name.value) else {
            let help = did_you_mean(name.value, names(), || match tunable {
                [] => format!("leave it out: {} has no parameters", algorithm.name()),
                _ => format!("{} can be tuned by {}", algorithm.name(), names().collect::<Vec<_>>().join(", ")),
            });
            doc.problem(name.span, format!("{} has no `{}` to tune", algorithm.name(), name.value), help);
            continue;
        };
        let ends = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| float_of(item.get_ref())).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let (least, most) = parameter.limits();
        let Some(&[low, high]) = ends.as_deref() else {
            let message = format!("`{}` must be two numbers: from where to where it is searched for", name.value);
            doc.problem(value.span(), message, format!("write {} = [{least}, {most}], or less", name.value));
            continue;
        };
        let fraction = parameter.is_whole() && (low.fract() != 0.0 || high.fract() != 0.0);
        if fraction || low >= high || low < least || high > most {
            let whole = if parameter.is_whole() { "whole numbers" } else { "numbers" };
            let message = format!("`{}` is searched for between two {whole} from {least} to {most}", name.value);
            doc.problem(value.span(), message, "the lower one first".to_owned());
            continue;
        }
        space.push(Dimension { parameter, low, high });
    }
    space
}
