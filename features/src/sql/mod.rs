//! The SQL front end: text to typed plan.
//!
//! `lex` cuts the text into tokens and bounds it, `parse` reads the clauses (expressions by `sqlparser`), `typing` and
//! its neighbours give every expression a type, `window_spec` and `windows` read windows and their calls, `refusal` lists what is
//! refused and why, `view` puts the plan together and `canonical` hashes it.

mod calls;
mod canonical;
mod conditional;
mod convert;
mod describe;
mod dialect;
mod fault;
mod function;
mod lex;
mod literal;
mod mismatch;
mod parse;
mod refusal;
mod scalar;
mod scope;
mod stop;
mod typing;
mod unsupported;
mod view;
mod window_arguments;
mod window_spec;
mod windows;

pub use canonical::canonical;
pub use describe::{
    describe, describe_call, describe_column, describe_fields, describe_rules, describe_view, describe_window, quoted,
};
pub use fault::Fault;
pub use scalar::{scalar, scalar_of};
pub use scope::{EVENT_TIME, Scope};
pub use view::{Catalog, Reading, view, view_name};

#[cfg(test)]
pub(crate) use windows::FUNCTIONS as WINDOW_FUNCTIONS;

#[cfg(test)]
mod tests;
