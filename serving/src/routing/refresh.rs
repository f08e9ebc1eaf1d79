//! Brings the routes up to date with the registry: the champion where it can be taken, else the last good version.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use models::reference::{ModelRef, Selector};
use models::registry::{CHAMPION, Registry, RegistryError};

use super::{BindError, Binder, LoadedModel, Refused, Route, RouteStatus, Routes};
use crate::causes::with_causes;
use crate::metrics::Metrics;

/// Looks at every endpoint's champion and swaps it in where it changed. Blocks on the registry.
pub fn refresh(routes: &Routes, registry: &dyn Registry, binder: &Binder, metrics: &Metrics) {
    let mut found: Vec<_> = routes.routes.iter().map(|route| refresh_route(route, registry, binder)).collect();
    if !routes.looked.swap(true, Ordering::SeqCst) {
        serve_what_served(routes, &mut found);
    }
    for (route, after) in routes.routes.iter().zip(found) {
        let before = route.status();
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
            let awaited = route.status().awaited;
            return RouteStatus { champion: None, serving, awaited, refused: Some(refused) };
        }
    };
    let Some(wanted) = champion else {
        let refused =
            serving.map(|_| Refused { version: None, reason: "the registry has no champion any more".into() });
        route.awaited.store(None);
        return RouteStatus { champion, serving, awaited: None, refused };
    };
    if serving == Some(wanted) {
        route.awaited.store(None);
        return RouteStatus { champion, serving, awaited: None, refused: None };
    }
    let loaded = match route.awaited.load_full().filter(|awaited| awaited.version == wanted) {
        Some(awaited) => Ok(awaited),
        None => load(registry, binder, route, wanted).map(Arc::new),
    };
    match loaded {
        Ok(loaded) => cut_over(route, registry, binder, loaded),
        Err(error) => {
            route.awaited.store(None);
            let refused = Some(Refused { version: champion, reason: with_causes(&error) });
            if serving.is_some() {
                return RouteStatus { champion, serving, awaited: None, refused };
            }
            if let Some(fallback) = former(registry, binder, route, wanted, is_live) {
                let serving = Some(fallback.version);
                route.champion.store(Some(fallback));
                return RouteStatus { champion, serving, awaited: None, refused };
            }
            let fallback = former(registry, binder, route, wanted, |_| true);
            let awaited = fallback.as_ref().map(|loaded| loaded.version);
            route.awaited.store(fallback);
            RouteStatus { champion, serving, awaited, refused }
        }
    }
}

/// A champion whose view is live serves at once. While it is built up what served before goes on: the present version,
/// or, where the server has only just started, the newest former champion whose view is live. Where there is none nothing
/// does.
fn cut_over(route: &Route, registry: &dyn Registry, binder: &Binder, wanted: Arc<LoadedModel>) -> RouteStatus {
    let champion = Some(wanted.version);
    if !is_live(&wanted) {
        if route.champion.load().is_none() {
            route.champion.store(former(registry, binder, route, wanted.version, is_live));
        }
        let serving = route.champion.load().as_ref().map(|serving| serving.version);
        let awaited = Some(wanted.version);
        route.awaited.store(Some(wanted));
        return RouteStatus { champion, serving, awaited, refused: None };
    }
    route.champion.store(Some(wanted));
    route.awaited.store(None);
    RouteStatus { champion, serving: champion, awaited: None, refused: None }
}

/// When the server starts and no view that serves a stream is live (its store was emptied, say), what is awaited served
/// before: it serves at once, and the workers publish nothing before its view is level, so that no event is left without
/// its prediction. Elsewhere a version that is awaited holds up nobody.
fn serve_what_served(routes: &Routes, found: &mut [RouteStatus]) {
    let serves = |route: &&Arc<Route>| route.champion.load().is_some();
    let served: Vec<_> = routes.routes.iter().filter(serves).map(|route| route.stream.clone()).collect();
    for (route, status) in routes.routes.iter().zip(found) {
        if !served.contains(&route.stream)
            && let Some(awaited) = route.awaited.swap(None)
        {
            (status.serving, status.awaited) = (Some(awaited.version), None);
            route.champion.store(Some(awaited));
        }
    }
}

fn is_live(model: &LoadedModel) -> bool {
    model.in_use.version().is_live()
}

/// A version for an endpoint: over a view of the stream that its model looks at.
fn load(registry: &dyn Registry, binder: &Binder, route: &Route, number: u32) -> Result<LoadedModel, BindError> {
    let loaded = binder.load(registry, &route.endpoint.model, number)?;
    let stream = &loaded.view.stream.name;
    if *stream == route.stream {
        Ok(loaded)
    } else {
        Err(BindError::OtherStream { trained: stream.to_string(), declared: route.stream.to_string() })
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

/// The newest former champion that loads and that will do.
fn former(
    registry: &dyn Registry,
    binder: &Binder,
    route: &Route,
    present: u32,
    will_do: impl Fn(&LoadedModel) -> bool,
) -> Option<Arc<LoadedModel>> {
    let history = registry.history(&route.endpoint.model).ok()?;
    let mut tried = vec![present];
    for number in history.iter().rev().filter(|m| m.alias == CHAMPION).flat_map(|m| [Some(m.to), m.from]).flatten() {
        if tried.contains(&number) {
            continue;
        }
        tried.push(number);
        if let Ok(loaded) = load(registry, binder, route, number)
            && will_do(&loaded)
        {
            return Some(Arc::new(loaded));
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
    if let (Some(version), true) = (after.awaited, before.awaited != after.awaited) {
        let (view, hash) = match route.awaited.load().as_ref() {
            Some(model) => (model.view.name.to_string(), model.view.hash.to_string()),
            None => Default::default(),
        };
        let serving = after.serving;
        tracing::info!(endpoint, model, version, view, hash, serving, "a version waits for its view to be built up");
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
