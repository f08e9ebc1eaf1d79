//! A view's windows, arranged for folding: which of them share rows, and which calls share an accumulator.

use std::ops::Range;

use super::operator::{Kind, Operator, Reading};
use crate::plan::{BeforeLayout, Call, Expr, Frame, HalfLife, View, Window, WindowFunction};
use crate::schema::Stream;
use crate::value::{Micros, Type};

/// The windows of a view, arranged for folding: made once per host, shared by all keys.
#[derive(Debug, Clone)]
pub struct Kernel {
    pub(super) groups: Vec<Group>,
    pub(super) calls: usize,
}

/// Windows that divide the key's rows alike.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// The outputs of `before` that name the partition.
    pub(super) partition: Range<usize>,
    pub(super) partition_types: Vec<Type>,
    /// What is kept of a row: outputs of `before`.
    pub(super) columns: Vec<Column>,
    pub(super) operators: Vec<Operator>,
    /// What is folded in the order of acceptance.
    pub(super) carried: Vec<Carried>,
    /// How many operators see all rows.
    pub(super) bases: usize,
    /// How many rows before the oldest place where an event may still be put must be kept.
    pub(super) reach: usize,
    /// How far before the oldest time at which an event may still come rows must be kept.
    pub(super) span: Micros,
    /// How far behind the key's newest time rows may still have to be put in, or left out for a request of their own id.
    pub(super) unsettled: Micros,
}

/// A call of `ewma`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    /// Outputs of `before`.
    pub(super) argument: Option<usize>,
    pub(super) filter: Option<usize>,
    pub(super) half_life: HalfLife,
    pub(super) exclude_current: bool,
    pub(super) call: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) output: usize,
    pub(super) ty: Type,
}

impl Kernel {
    pub fn new(view: &View) -> Kernel {
        let Stream { lateness, dedupe, .. } = *view.stream;
        Kernel::arrange(&view.windows, &view.calls, &view.before_layout(), lateness, dedupe)
    }

    pub(super) fn arrange(
        windows: &[Window],
        calls: &[Call],
        layout: &BeforeLayout,
        lateness: Micros,
        dedupe: Micros,
    ) -> Kernel {
        let mut groups: Vec<(&[Expr], GroupBuilder<'_>)> = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let (Some(window), Some(partition)) = (windows.get(call.window), layout.partitions.get(call.window)) else {
                continue;
            };
            let at = groups.iter().position(|(by, _)| *by == window.partition).unwrap_or_else(|| {
                groups.push((&window.partition, GroupBuilder::new(window, partition.clone())));
                groups.len() - 1
            });
            groups[at].1.add(index, call, window, layout);
        }
        let mut groups: Vec<Group> = groups.into_iter().map(|(_, builder)| builder.group).collect();
        for group in &mut groups {
            // Nothing can be taken back out of a base. What leaves frames by itself is kept for as long as they reach.
            group.unsettled = if group.bases > 0 { lateness.max(dedupe) } else { lateness };
        }
        Kernel { groups, calls: calls.len() }
    }
}

/// Collects a group, so that equal expressions are kept once and equal calls computed once.
struct GroupBuilder<'a> {
    group: Group,
    expressions: Vec<&'a Expr>,
}

impl<'a> GroupBuilder<'a> {
    fn new(window: &Window, partition: Range<usize>) -> GroupBuilder<'a> {
        let partition_types = window.partition.iter().map(|e| e.ty).collect();
        let group = Group {
            partition,
            partition_types,
            columns: Vec::new(),
            operators: Vec::new(),
            carried: Vec::new(),
            bases: 0,
            reach: 0,
            span: 0,
            unsettled: 0,
        };
        GroupBuilder { group, expressions: Vec::new() }
    }

    fn add(&mut self, index: usize, call: &'a Call, window: &Window, layout: &BeforeLayout) {
        let ty = call.argument.as_ref().map_or(Type::Bool, |e| e.ty);
        let integral = ty != Type::Float;
        let (kind, reading) = match call.function {
            WindowFunction::Count => (Kind::Count, Reading::Value),
            WindowFunction::Sum if integral => (Kind::IntegerSum, Reading::Value),
            WindowFunction::Sum => (Kind::FloatSum, Reading::Value),
            WindowFunction::Avg if integral => (Kind::IntegerSum, Reading::Mean),
            WindowFunction::Avg => (Kind::FloatSum, Reading::Mean),
            WindowFunction::Min => (Kind::Min, Reading::Value),
            WindowFunction::Max => (Kind::Max, Reading::Value),
            WindowFunction::FirstValue => (Kind::First, Reading::Value),
            WindowFunction::LastValue => (Kind::Last, Reading::Value),
            WindowFunction::NthValue { n } => (Kind::Nth(n), Reading::Value),
            WindowFunction::VarSamp => (Kind::Spread, Reading::Value),
            WindowFunction::StddevSamp => (Kind::Spread, Reading::Root),
            WindowFunction::CountDistinct { cap } => (Kind::Distinct(cap), Reading::Value),
            WindowFunction::Ewma { half_life } => {
                let (argument, filter) = (layout.arguments[index], layout.filters[index]);
                let exclude_current = window.exclude_current;
                self.group.carried.push(Carried { argument, filter, half_life, exclude_current, call: index });
                return;
            }
            WindowFunction::Lag { offset: 0 } => (Kind::Last, Reading::Value),
            WindowFunction::Lag { offset } => (Kind::Lag(offset), Reading::Value),
        };
        let argument = self.column(call.argument.as_ref(), layout.arguments[index]);
        let filter = self.column(call.filter.as_ref(), layout.filters[index]);
        // lag sees the rows before the current one, whatever its window's frame; lag(x, 0) is the current row.
        let (frame, exclude_current) = match call.function {
            WindowFunction::Lag { offset: 0 } => (Frame::Rows(0), false),
            WindowFunction::Lag { .. } => (Frame::Unbounded, true),
            _ => (window.frame, window.exclude_current),
        };
        let same = |o: &Operator| {
            (o.kind, o.argument, o.filter, o.frame, o.exclude_current)
                == (kind, argument, filter, frame, exclude_current)
        };
        match self.group.operators.iter_mut().find(|o| same(o)) {
            Some(operator) => operator.calls.push((index, reading)),
            None => {
                let base = (frame == Frame::Unbounded).then_some(self.group.bases);
                self.group.bases += usize::from(base.is_some());
                let calls = vec![(index, reading)];
                let operator = Operator { kind, argument, filter, ty, frame, exclude_current, base, calls };
                match frame {
                    // One row more than the frame holds, for requests that leave out a row already folded.
                    Frame::Rows(n) => self.group.reach = self.group.reach.max(n as usize + 1),
                    Frame::Range(width) => self.group.span = self.group.span.max(width),
                    Frame::Unbounded => {}
                }
                self.group.operators.push(operator);
            }
        }
    }

    /// The column that keeps an expression's values.
    fn column(&mut self, expression: Option<&'a Expr>, output: Option<usize>) -> Option<usize> {
        let (expression, output) = (expression?, output?);
        let known = self.expressions.iter().position(|e| *e == expression);
        Some(known.unwrap_or_else(|| {
            self.expressions.push(expression);
            self.group.columns.push(Column { output, ty: expression.ty });
            self.expressions.len() - 1
        }))
    }
}
