//! Finds what a command line names; a name that nothing has is a usage error that offers the nearest.

use std::sync::Arc;

use features::nearest::did_you_mean;
use features::plan::View;
#[cfg(feature = "serve")]
use features::project::Endpoint;
#[cfg(feature = "train")]
use features::project::Model;
use features::project::Project;
use features::schema::Stream;

use crate::output::UsageError;

#[cfg(feature = "train")]
pub(crate) fn model<'a>(project: &'a Project, name: &str) -> Result<&'a Arc<Model>, UsageError> {
    let known = project.models.keys().map(AsRef::as_ref).collect();
    project.models.get(name).ok_or_else(|| unknown("model", name, known))
}

pub(crate) fn view<'a>(project: &'a Project, name: &str) -> Result<&'a Arc<View>, UsageError> {
    let known = project.views.keys().map(AsRef::as_ref).collect();
    project.views.get(name).ok_or_else(|| unknown("view", name, known))
}

pub(crate) fn stream<'a>(project: &'a Project, name: &str) -> Result<&'a Arc<Stream>, UsageError> {
    let known = project.streams.keys().map(AsRef::as_ref).collect();
    project.streams.get(name).ok_or_else(|| unknown("stream", name, known))
}

#[cfg(feature = "serve")]
pub(crate) fn endpoint<'a>(project: &'a Project, name: &str) -> Result<&'a Endpoint, UsageError> {
    let known = project.endpoints.keys().map(AsRef::as_ref).collect();
    project.endpoints.get(name).ok_or_else(|| unknown("endpoint", name, known))
}

fn unknown(what: &str, name: &str, known: Vec<&str>) -> UsageError {
    let all = || match known.as_slice() {
        [] => format!("it declares no {what}"),
        known => format!("it has {}", known.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    };
    UsageError::new(format!("the project has no {what} `{name}`: {}", did_you_mean(name, known.iter().copied(), all)))
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn the_nearest_name_is_offered() {
        let error = unknown("model", "win_probabilty", vec!["final_margin", "win_probability"]);
        assert_eq!(error.message, "the project has no model `win_probabilty`: did you mean `win_probability`?");
    }

    #[test]
    fn without_a_near_name_all_are_listed() {
        let error = unknown("model", "xyz", vec!["final_margin", "win_probability"]);
        assert_eq!(error.message, "the project has no model `xyz`: it has `final_margin`, `win_probability`");
        assert_eq!(unknown("model", "xyz", vec![]).message, "the project has no model `xyz`: it declares no model");
    }
}
