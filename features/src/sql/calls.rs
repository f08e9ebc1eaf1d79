//! The windows and window calls of a view, each kept once however often it is written.

use std::collections::HashMap;

use crate::plan::{Call, Expr, Node, Window};
use crate::schema::Stream;

/// Collects what the view's expressions ask of the kernel.
pub(super) struct Calls<'a> {
    pub(super) stream: &'a Stream,
    /// The WINDOW clause; `None` where the declaration is faulty.
    pub(super) named: HashMap<&'a str, Option<Window>>,
    pub(super) windows: Vec<Window>,
    pub(super) calls: Vec<Call>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(stream: &'a Stream) -> Calls<'a> {
        Calls { stream, named: HashMap::new(), windows: Vec::new(), calls: Vec::new() }
    }

    /// The index of an equal window, added if there is none yet.
    pub(super) fn window(&mut self, window: Window) -> usize {
        position_or_push(&mut self.windows, window)
    }

    /// The result of the call, computed once for equal calls.
    pub(super) fn result(&mut self, call: Call) -> Expr {
        let ty = call.ty;
        Expr::new(ty, Node::WindowResult(position_or_push(&mut self.calls, call)))
    }

    /// The stream's key as written in PARTITION BY.
    pub(super) fn key(&self) -> String {
        let fields = &self.stream.schema.fields;
        let names: Vec<_> = self.stream.key.iter().map(|&i| fields[i].name.as_str()).collect();
        names.join(", ")
    }
}

fn position_or_push<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    items.iter().position(|known| *known == item).unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}
