//! Comparisons, and the pairs that `least` and `greatest` are made of. Floats are finite, so their order is total
//! apart from the two zeros, which are equal.

pub(super) fn eq<T: PartialEq>(a: T, b: T) -> bool {
    a == b
}

pub(super) fn ne<T: PartialEq>(a: T, b: T) -> bool {
    a != b
}

pub(super) fn lt<T: PartialOrd>(a: T, b: T) -> bool {
    a < b
}

pub(super) fn le<T: PartialOrd>(a: T, b: T) -> bool {
    a <= b
}

pub(super) fn gt<T: PartialOrd>(a: T, b: T) -> bool {
    a > b
}

pub(super) fn ge<T: PartialOrd>(a: T, b: T) -> bool {
    a >= b
}

/// The first of equals, which tells apart 0.0 and -0.0.
pub(super) fn least<T: PartialOrd>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

/// The first of equals, which tells apart 0.0 and -0.0.
pub(super) fn greatest<T: PartialOrd>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

pub(super) fn not(a: bool) -> bool {
    !a
}

pub(super) fn clamp<T: PartialOrd>(x: T, low: T, high: T) -> Option<T> {
    (low <= high).then(|| least(greatest(x, low), high))
}
