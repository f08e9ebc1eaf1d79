//! Brings the routes up to date with the registry: the champion where it can be taken, else the last good version.

use std::sync::Arc;

use models::reference::{ModelRef, Selector};
use models::registry::{CHAMPION, Registry, RegistryError};

use super::{BindError, Binder, LoadedModel, Refused, Route, RouteStatus, Routes};
use crate::causes::with_causes;
use crate::metrics::Metrics;

/// Looks at every endpoint's champion and swaps it in where it changed. Blocks on the registry.
pub fn refresh(routes: &Routes, registry: &dyn Registry, binder: &Binder, metrics: &Metrics) {
    for route in &routes.routes {
        let before = route.status();
        let after = refresh_route(route, registry, binder);
        if *before != after {
            report(route, &before, &after);
        }
        let (endpoint, model) = (route.endpoint.name.as_str(), route.endpoint.model.as_str());
        metrics.models.served(endpoint, model, after.serving);
        metrics.models.broken(endpoint, model, after.refused.as_ref().map(|r| r.version.unwrap_or(0)));
        route.set_status(after);
    }
    metrics.models.refreshes.inc();
}

fn refresh_route(route: &Route, registry: &dyn Registry, binder: &Binder) -> RouteStatus {
    let model = route.endpoint.model.as_str();
    let serving = route.champion.load().as_ref().map(|loaded| loaded.version);
    let champion = match champion(registry, model) {
        Ok(champion) => champion,
        Err(error) => {
            let refused = Refused { version: None, reason: with_causes(&error) };
            return RouteStatus { champion: None, serving, refused: Some(refused) };
        }
    };
    let Some(wanted) = champion else {
        let refused =
            serving.map(|_| Refused { version: None, reason: "the registry has no champion any more".into() });
        return RouteStatus { champion, serving, refused };
    };
    if serving == Some(wanted) {
        return RouteStatus { champion, serving, refused: None };
    }
    match load(registry, binder, route, wanted) {
        Ok(loaded) => {
            route.champion.store(Some(Arc::new(loaded)));
            RouteStatus { champion, serving: champion, refused: None }
        }
        Err(error) => {
            let refused = Some(Refused { version: champion, reason: with_causes(&error) });
            if serving.is_some() {
                return RouteStatus { champion, serving, refused };
            }
            let fallback = last_good(registry, binder, route, wanted);
            let serving = fallback.as_ref().map(|loaded| loaded.version);
            route.champion.store(fallback.map(Arc::new));
            RouteStatus { champion, serving, refused }
        }
    }
}

/// A version for an endpoint: over the view that the project declares for its model, which is what workers compute.
fn load(registry: &dyn Registry, binder: &Binder, route: &Route, number: u32) -> Result<LoadedModel, BindError> {
    let loaded = binder.load(registry, &route.endpoint.model, number)?;
    if loaded.view.name == route.view {
        Ok(loaded)
    } else {
        Err(BindError::OtherView { trained: loaded.view.name.to_string(), declared: route.view.to_string() })
    }
}

/// Where `@champion` stands; `None` if no version was ever promoted.
fn champion(registry: &dyn Registry, model: &str) -> Result<Option<u32>, RegistryError> {
    let reference = ModelRef { name: model.to_owned(), selector: Selector::Alias(CHAMPION.to_owned()) };
    match registry.resolve(&reference) {
        Ok(number) => Ok(Some(number)),
        Err(RegistryError::UnknownModel { .. } | RegistryError::UnknownAlias { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The newest former champion that loads, when the present one does not.
fn last_good(registry: &dyn Registry, binder: &Binder, route: &Route, broken: u32) -> Option<LoadedModel> {
    let history = registry.history(&route.endpoint.model).ok()?;
    let mut tried = vec![broken];
    for number in history.iter().rev().filter(|m| m.alias == CHAMPION).flat_map(|m| [Some(m.to), m.from]).flatten() {
        if tried.contains(&number) {
            continue;
        }
        tried.push(number);
        if let Ok(loaded) = load(registry, binder, route, number) {
            return Some(loaded);
        }
    }
    None
}

fn report(route: &Route, before: &RouteStatus, after: &RouteStatus) {
    let (endpoint, model) = (route.endpoint.name.as_str(), route.endpoint.model.as_str());
    if before.serving != after.serving {
        match after.serving {
            Some(version) => tracing::info!(endpoint, model, version, previous = before.serving, "a version serves"),
            None => tracing::warn!(endpoint, model, "no version serves"),
        }
    }
    if let Some(refused) = &after.refused {
        let (version, reason) = (refused.version, refused.reason.as_str());
        match after.serving {
            Some(serving) => {
                tracing::error!(
                    endpoint,
                    model,
                    version,
                    reason,
                    serving,
                    "the champion is refused; the last good version serves on"
                );
            }
            None => tracing::error!(endpoint, model, version, reason, "the champion is refused and nothing serves"),
        }
    }
}
