//! `[connections] tables`: where the prediction log and outcomes are kept, where not in a file of `.clutch`.

use super::connections::{Environment, substitute};
use super::document::Section;
use super::spec::Secret;

const PASSWORDS: &str = "write url = \"${DATABASE_URL}\", and set the variable where clutch runs";

/// `[connections] tables`: a PostgreSQL, by an address that may hold a password and is shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct TablesConnection {
    url: Secret,
    shown: String,
}

impl TablesConnection {
    /// Whole, to connect with.
    pub fn reveal(&self) -> &str {
        self.url.reveal()
    }

    /// Of a server that is known already: for tests.
    #[cfg(any(test, feature = "test-support"))]
    pub fn at(url: &str) -> TablesConnection {
        TablesConnection { url: Secret::new(url.to_owned()), shown: shown(url) }
    }
}

impl std::fmt::Display for TablesConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Debug for TablesConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TablesConnection({})", self.shown)
    }
}

/// `{ url = "postgres://…" }`
pub(super) fn read(connections: &mut Section<'_>, environment: Environment<'_>) -> Option<TablesConnection> {
    connections.get("tables")?;
    let mut section = connections.section("tables")?;
    let url = section.required_string("url", "url = \"${DATABASE_URL}\"");
    section.finish();
    let text = url?;
    let problem = |message: &str, help: &str| {
        section_problem(connections, &text.span, message, help);
        None
    };
    if login(text.value).is_some_and(|(_, password)| !(password.is_empty() || password.starts_with("${"))) {
        return problem("a password stands in the file", PASSWORDS);
    }
    let url = substitute(connections, &text, environment)?;
    // What the environment holds is not repeated: it may hold a password.
    if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
        return problem(
            "this is no address of a PostgreSQL",
            "write \"postgres://USER@HOST:5432/DATABASE\"; without a connection tables are kept in .clutch",
        );
    }
    let shown = shown(&url);
    Some(TablesConnection { url: Secret::new(url), shown })
}

fn section_problem(section: &Section<'_>, span: &std::ops::Range<usize>, message: &str, help: &str) {
    section.doc.problem(span.clone(), message.to_owned(), help.to_owned());
}

/// `USER:PASSWORD` of `SCHEME://USER:PASSWORD@…`.
fn login(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let (login, _) = rest.rsplit_once('@')?;
    Some(login.split_once(':').unwrap_or((login, "")))
}

/// Without the login, and without what follows the database: that may hold a password too.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = place.split('?').next().unwrap_or_default();
    format!("{scheme}://{place}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn an_address_is_shown_without_its_login() {
        assert_eq!(shown("postgres://me:hunter2@db:5432/clutch?password=hunter2"), "postgres://db:5432/clutch");
        assert_eq!(shown("postgres://db/clutch"), "postgres://db/clutch");
    }
}
