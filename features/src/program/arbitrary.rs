//! Generators of values, rows and well-typed expressions for property tests, here and in other crates.
//!
//! Everything is built from a list of random choices, zeros when it runs out and zero being the simplest choice: so
//! proptest shrinks an expression by shrinking a list.

use proptest::collection::vec;
use proptest::prelude::*;
use smol_str::{SmolStr, format_smolstr};

use crate::element::Element;
use crate::plan::{Expr, Node};
use crate::value::{Type, Value};

/// The types that fields, columns and window results can have.
pub const FIELD_TYPES: [Type; 5] = [Type::Bool, Type::Int, Type::Float, Type::String, Type::Timestamp];

const INTS: [i64; 14] = [0, 1, -1, 2, -2, 3, 7, 10, -7, 100, i64::MAX, i64::MIN, i64::MAX - 1, 1 << 53];
const FLOATS: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.5,
    -2.5,
    0.1,
    3600.0,
    1e300,
    -1e300,
    5e-324,
    f64::MIN_POSITIVE,
    f64::MAX,
    f64::MIN,
    9_223_372_036_854_775_807.0,
    -9_223_372_036_854_775_808.0,
    1e-9,
];
const TEXTS: [&str; 16] = [
    "",
    "pass",
    "run",
    "punt",
    "Pass",
    "0",
    "-17",
    "2.5",
    "1e400",
    "NaN",
    "true",
    "2024-02-29",
    "2024-02-29T23:59:60Z",
    "2024-01-05 13:00:00.25",
    "Žluťoučký ẞ",
    "a text of more bytes than are kept in place",
];

/// A value of the type, NULL now and then, with a liking for awkward ones.
pub fn value(ty: Type) -> impl Strategy<Value = Value> {
    vec(any::<u32>(), 4).prop_map(move |choices| Choices::new(choices).value_or_null(ty))
}

/// One value per type.
pub fn row(types: &[Type]) -> impl Strategy<Value = Vec<Value>> + use<> {
    let types = types.to_vec();
    vec(any::<u32>(), 4 * types.len()).prop_map(move |choices| {
        choices.chunks(4).zip(&types).map(|(c, ty)| Choices::new(c.to_vec()).value_or_null(*ty)).collect()
    })
}

/// A well-typed expression of type `ty` over fields and window results of the types given.
pub fn expr(ty: Type, fields: &[Type], windows: &[Type]) -> impl Strategy<Value = Expr> + use<> {
    let (fields, windows) = (fields.to_vec(), windows.to_vec());
    vec(any::<u32>(), 0..120).prop_map(move |choices| {
        let mut build = Builder { choices: Choices::new(choices), fields: &fields, windows: &windows };
        build.expr(ty, 6)
    })
}

/// An expression of any type that a column can have.
pub fn any_expr(fields: &[Type], windows: &[Type]) -> impl Strategy<Value = Expr> + use<> {
    let (fields, windows) = (fields.to_vec(), windows.to_vec());
    prop::sample::select(FIELD_TYPES.to_vec()).prop_flat_map(move |ty| expr(ty, &fields, &windows))
}

struct Choices(std::vec::IntoIter<u32>);

impl Choices {
    fn new(choices: Vec<u32>) -> Choices {
        Choices(choices.into_iter())
    }

    fn next(&mut self) -> u32 {
        self.0.next().unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n.max(1)
    }

    fn wide(&mut self) -> u64 {
        u64::from(self.next()) << 32 | u64::from(self.next())
    }

    fn value_or_null(&mut self, ty: Type) -> Value {
        if self.below(6) == 5 { Value::Null } else { self.value(ty) }
    }

    fn value(&mut self, ty: Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.below(2) == 1),
            Type::Int => Value::Int(self.int()),
            Type::Float => Value::Float(self.float()),
            Type::String => Value::String(self.text()),
            Type::Timestamp => Value::Timestamp(self.micros()),
            Type::Interval => Value::Interval(self.micros()),
        }
    }

    fn int(&mut self) -> i64 {
        match self.below(3) {
            0 => INTS[self.below(INTS.len())],
            1 => i64::from(self.next() % 200) - 100,
            _ => self.wide().cast_signed(),
        }
    }

    fn float(&mut self) -> f64 {
        match self.below(4) {
            0 => FLOATS[self.below(FLOATS.len())],
            1 => f64::from(self.next() % 2000) / 8.0 - 125.0,
            2 => f64::from(self.next()) / 1e9,
            // Any finite bits, subnormals included.
            _ => Some(f64::from_bits(self.wide())).filter(|x| x.is_finite()).unwrap_or(-0.0),
        }
    }

    fn text(&mut self) -> SmolStr {
        match self.below(4) {
            3 => format_smolstr!("{:x}", self.next() % 4096),
            _ => SmolStr::new_static(TEXTS[self.below(TEXTS.len())]),
        }
    }

    fn micros(&mut self) -> i64 {
        match self.below(3) {
            0 => INTS[self.below(INTS.len())],
            // Within some 70 years of 1970, to the half second.
            1 => (i64::from(self.next()) - (1 << 31)) * 500_000,
            _ => self.wide().cast_signed(),
        }
    }
}

struct Builder<'a> {
    choices: Choices,
    fields: &'a [Type],
    windows: &'a [Type],
}

impl Builder<'_> {
    fn expr(&mut self, ty: Type, depth: usize) -> Expr {
        let choice = self.choices.below(16);
        if depth == 0 || choice < 4 {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        let node = match (choice, ty) {
            (4, Type::Bool) => Node::And(self.boxed(ty, depth), self.boxed(ty, depth)),
            (5, Type::Bool) => Node::Or(self.boxed(ty, depth), self.boxed(ty, depth)),
            (6, Type::Bool) => {
                let of = self.any_type();
                Node::IsNull(self.boxed(of, depth))
            }
            (7, Type::Bool) => self.membership(depth),
            (8, _) => {
                let branches =
                    (0..=self.choices.below(2)).map(|_| (self.expr(Type::Bool, depth), self.expr(ty, depth))).collect();
                Node::Case { branches, otherwise: self.boxed(ty, depth) }
            }
            (9, _) => Node::Coalesce(self.list(ty, depth)),
            (10, _) => Node::NullIf(self.boxed(ty, depth), self.boxed(ty, depth)),
            (11, _) => Node::Least(self.list(ty, depth)),
            (12, _) => Node::Greatest(self.list(ty, depth)),
            _ => self.call(ty, depth),
        };
        Expr::new(ty, node)
    }

    fn leaf(&mut self, ty: Type) -> Expr {
        let matching = |types: &[Type]| -> Vec<usize> { (0..types.len()).filter(|i| types[*i] == ty).collect() };
        let (fields, windows) = (matching(self.fields), matching(self.windows));
        let node = match self.choices.below(5) {
            0..3 if !fields.is_empty() => Node::Field(fields[self.choices.below(fields.len())]),
            3 if !windows.is_empty() => Node::WindowResult(windows[self.choices.below(windows.len())]),
            _ => Node::Literal(self.choices.value_or_null(ty)),
        };
        Expr::new(ty, node)
    }

    fn call(&mut self, ty: Type, depth: usize) -> Node {
        let candidates: Vec<Element> = Element::all().filter(|e| e.result() == ty).collect();
        let element = candidates[self.choices.below(candidates.len())];
        Node::Call(element, element.parameters().iter().map(|ty| self.expr(*ty, depth)).collect())
    }

    fn membership(&mut self, depth: usize) -> Node {
        let of = self.any_type();
        let value = self.boxed(of, depth);
        let list = if self.choices.below(2) == 0 {
            self.list(of, depth)
        } else {
            // Long enough for a set.
            (0..20).map(|_| Expr::new(of, Node::Literal(self.choices.value_or_null(of)))).collect()
        };
        Node::In { value, list }
    }

    fn any_type(&mut self) -> Type {
        FIELD_TYPES[self.choices.below(FIELD_TYPES.len())]
    }

    fn boxed(&mut self, ty: Type, depth: usize) -> Box<Expr> {
        Box::new(self.expr(ty, depth))
    }

    fn list(&mut self, ty: Type, depth: usize) -> Vec<Expr> {
        (0..=self.choices.below(3)).map(|_| self.expr(ty, depth)).collect()
    }
}
