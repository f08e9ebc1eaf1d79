//! The typed form of a view, free of engine details: what the SQL means, before anything decides how to run it.

mod expr;
mod view;
mod window;

pub use expr::{Expr, Node};
pub use view::{BeforeLayout, Column, View, ViewHash};
pub use window::{Call, Frame, HalfLife, Window, WindowFunction};
