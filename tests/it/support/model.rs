//! Models that are made, not trained.

use std::sync::Arc;

use features::project::{Project, Task};
use models::contract::sample;
use models::registry::{DirectoryRegistry, publish_and_maybe_promote};
use models::signature::Feature;

use super::TestProject;

/// Registers a version of `win_probability` that says 1 / (1 + e^-intercept) whatever it is asked.
pub(crate) fn publish_constant(project: &TestProject, intercept: f64) {
    publish_model(project, "win_probability", intercept);
}

/// As [`publish_constant`], of any model.
pub(crate) fn publish_model(project: &TestProject, name: &str, intercept: f64) {
    let loaded =
        Project::load(&project.dir(), &|name| std::env::var_os(name)?.into_string().ok()).expect("a good project");
    let view = &loaded.models.get(name).expect("model").view;
    let features: Vec<Feature> = view.features().map(|(_, c)| Feature::new(c.name.as_str(), c.ty)).collect();
    let coefficients = vec![0.0; features.len()];
    let mut manifest = sample::manifest(name, Task::Classification, features);
    manifest.view.name = view.name.to_string();
    manifest.view.hash = view.hash.clone();
    let registry = DirectoryRegistry::new(project.dir().join(".clutch/registry"), Arc::new(|| 0));
    let artifact = sample::logistic(manifest, intercept, coefficients);
    publish_and_maybe_promote(&registry, &artifact).expect("published");
}
