//! Windows as written: PARTITION BY, ORDER BY and the frame.

use sqlparser::ast::{self, Spanned, WindowFrameBound as Bound, WindowFrameUnits as Units};
use sqlparser::tokenizer::Span;

use super::scope::EVENT_TIME;
use super::typing::{Typed, Typer};
use super::{literal, refusal};
use crate::plan::{Expr, Frame, Node, Window};
use crate::value::{Micros, Type, Value};

/// The longest frame of rows, and the furthest lag: a key's state keeps that many.
pub(super) const MAX_ROWS: u32 = 1_000_000;

impl Typer<'_, '_> {
    /// A window as written in OVER or in the WINDOW clause; `span` is what it belongs to.
    pub(super) fn window(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<Window> {
        if let Some(base) = &spec.window_name {
            let help = "write out PARTITION BY and ORDER BY";
            return self.fault(base.span, "a window cannot build on another", help);
        }
        let ordered = self.order(spec, span);
        let partition = self.partition(spec, span);
        let frame = match &spec.window_frame {
            Some(frame) => self.frame(frame, span),
            None => Some((Frame::Unbounded, false)),
        };
        ordered?;
        let (frame, ends_before) = frame?;
        let inside = spec.order_by.first().map(|order| order.expr.span().start)?;
        let excludes = self.lexed.excludes_current_row(inside);
        Some(Window { partition: partition?, frame, exclude_current: excludes || ends_before })
    }

    fn order(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<()> {
        let Some(first) = spec.order_by.first() else {
            return self.fault(span, "the window has no order", "add ORDER BY event_time");
        };
        let by_event_time = match &first.expr {
            ast::Expr::Identifier(ident) => ident.value.eq_ignore_ascii_case(EVENT_TIME),
            ast::Expr::CompoundIdentifier(parts) => {
                matches!(parts.as_slice(), [stream, time] if self.scope.is_qualifier(&stream.value) && time.value == EVENT_TIME)
            }
            _ => false,
        };
        let descending = !matches!(first.options.sort, None | Some(ast::OrderBySort::Asc));
        if spec.order_by.len() != 1 || !by_event_time || descending || first.with_fill.is_some() {
            return self.refuse(refusal::ORDER, first.expr.span());
        }
        Some(())
    }

    /// What PARTITION BY adds to the key, which must stand in it.
    fn partition(&mut self, spec: &ast::WindowSpec, span: Span) -> Option<Vec<Expr>> {
        let calls = self.calls.take();
        let place = std::mem::replace(&mut self.place, "PARTITION BY");
        let typed: Vec<_> = spec.partition_by.iter().map(|expr| Some((self.known(expr)?, expr.span()))).collect();
        self.place = place;
        self.calls = calls;
        let typed = typed.into_iter().collect::<Option<Vec<_>>>()?;
        let calls = self.calls.as_ref()?;
        let (stream, key) = (calls.stream, calls.key());
        let missing = stream.key.iter().any(|field| !typed.iter().any(|(e, _)| e.node == Node::Field(*field)));
        if missing {
            let message = "the window's PARTITION BY lacks the stream's key: its events would lie with several workers";
            let span = match typed.first() {
                Some(_) => self.lexed.word_after(span, "PARTITION"),
                None => span,
            };
            return self.fault(span, message, format!("PARTITION BY {key}, …"));
        }
        let mut partition: Vec<Expr> = Vec::new();
        for (expr, span) in typed {
            if matches!(expr.ty, Type::Float | Type::Interval) {
                let help = "partition by an int, a string, a bool or a timestamp: CAST(… AS int)";
                return self.fault(span, format!("rows cannot be partitioned by a {}", expr.ty), help);
            }
            let of_key = matches!(expr.node, Node::Field(field) if stream.key.contains(&field));
            if !of_key && !partition.contains(&expr) {
                partition.push(expr);
            }
        }
        Some(partition)
    }

    /// How far back a RANGE frame reaches.
    fn width(&mut self, written: &ast::Expr, units: Span) -> Option<Micros> {
        let ast::Expr::Interval(interval) = written else {
            let help = "RANGE INTERVAL '5 minutes' PRECEDING, or ROWS n PRECEDING, which counts rows";
            return self.fault(units, "a RANGE frame reaches back by a constant length of time", help);
        };
        // A stream that is ordered by a field has none.
        self.event_time(units)?;
        match literal::interval(interval, self.report)? {
            Typed::Known(Expr { node: Node::Literal(Value::Interval(width)), .. }) if width > 0 => Some(width),
            _ => self.fault(written.span(), "a RANGE frame reaches back in time", "a length of time above zero"),
        }
    }

    /// The frame, and whether it ends one row before the current one.
    fn frame(&mut self, frame: &ast::WindowFrame, span: Span) -> Option<(Frame, bool)> {
        let units = self.lexed.word_after(span, &frame.units.to_string());
        let bounds = [Some(&frame.start_bound), frame.end_bound.as_ref()];
        let following = bounds.iter().flatten().any(|bound| matches!(bound, Bound::Following(_)));
        if following {
            return self.refuse(refusal::FOLLOWING, self.lexed.word_after(span, "FOLLOWING"));
        }
        if frame.units == Units::Groups {
            return self.refuse(refusal::GROUPS_FRAME, units);
        }
        let ends_before = match &frame.end_bound {
            None | Some(Bound::CurrentRow) => false,
            Some(Bound::Preceding(Some(n))) if frame.units == Units::Rows && rows(n) == Some(1) => true,
            Some(_) => return self.refuse(refusal::ENDS_BEFORE_LAST, units),
        };
        let reach = match &frame.start_bound {
            Bound::Preceding(None) => return Some((Frame::Unbounded, ends_before)),
            Bound::Preceding(Some(width)) if frame.units == Units::Range => {
                return Some((Frame::Range(self.width(width, units)?), ends_before));
            }
            _ if frame.units == Units::Range => return self.refuse(refusal::RANGE_FRAME, units),
            Bound::CurrentRow => Some(0),
            Bound::Preceding(Some(n)) => rows(n),
            Bound::Following(_) => None,
        };
        match reach {
            Some(n) if n <= MAX_ROWS => Some((Frame::Rows(n), ends_before)),
            _ => {
                let help = format!("ROWS n PRECEDING with n up to {MAX_ROWS}, or ROWS UNBOUNDED PRECEDING");
                self.fault(units, "a frame reaches back by a constant number of rows", help)
            }
        }
    }
}

/// A whole number written as such.
pub(super) fn rows(expr: &ast::Expr) -> Option<u32> {
    match expr {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
