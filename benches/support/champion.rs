//! A model to serve: a logistic one over all features of the `nfl` project's `win_probability` view. What its
//! coefficients are does not matter to a benchmark.

use features::project::{Project, Task};
use models::artifact::Artifact;
use models::contract::sample;
use models::signature::Feature;

pub(crate) fn artifact(project: &Project) -> Artifact {
    let view = project.views.get("win_probability").expect("view");
    let features: Vec<Feature> = view.features().map(|(_, c)| Feature::new(c.name.as_str(), c.ty)).collect();
    let coefficients = (0..features.len()).map(|i| 0.01 * i as f64 - 0.1).collect();
    let mut manifest = sample::manifest("win_probability", Task::Classification, features);
    manifest.view.name = view.name.to_string();
    manifest.view.hash = view.hash.clone();
    sample::logistic(manifest, 0.1, coefficients)
}
