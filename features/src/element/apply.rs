//! Runs one element function: on one row of values, or on a chunk of columns. Generic over the function, so that each
//! entry of the table has its own loops with the function inlined into them.

use super::entry::Effects;
use super::lane::{Lane, Register, Slice, Stored};
use super::typed::{Argument, Payload, Returns, Stores};
use crate::value::Value;

#[inline(always)]
fn finish<R: Returns>(result: R, effects: &mut Effects) -> Option<u64> {
    let parts = result.parts();
    effects.overflows += u64::from(parts.overflow);
    if parts.valid { Some(R::Payload::word(parts.value, effects)) } else { None }
}

pub(super) fn word1<'a, A: Argument<'a>, R: Returns>(
    f: impl Fn(A) -> R,
    a: &'a Value,
    effects: &mut Effects,
) -> Option<u64> {
    finish(f(A::of(a)?), effects)
}

pub(super) fn word2<'a, A: Argument<'a>, B: Argument<'a>, R: Returns>(
    f: impl Fn(A, B) -> R,
    a: &'a Value,
    b: &'a Value,
    effects: &mut Effects,
) -> Option<u64> {
    finish(f(A::of(a)?, B::of(b)?), effects)
}

pub(super) fn word3<'a, A: Argument<'a>, B: Argument<'a>, C: Argument<'a>, R: Returns>(
    f: impl Fn(A, B, C) -> R,
    [a, b, c]: [&'a Value; 3],
    effects: &mut Effects,
) -> Option<u64> {
    finish(f(A::of(a)?, B::of(b)?, C::of(c)?), effects)
}

pub(super) fn chunk1<'a, A: Argument<'a>, R: Returns>(
    f: impl Fn(A) -> R,
    [a, _, _]: &[Slice<'a>; 3],
    rows: usize,
    out: &mut Register,
) -> u64 {
    let a = A::view(a, rows);
    let data = &a.data[..rows];
    let compute = |i: usize| f(A::load(&data[i]));
    Stores::<R>::write(out, |lane| fill(rows, [a.valid, None, None], A::SKIPS_NULLS, compute, lane))
}

pub(super) fn chunk2<'a, A: Argument<'a>, B: Argument<'a>, R: Returns>(
    f: impl Fn(A, B) -> R,
    [a, b, _]: &[Slice<'a>; 3],
    rows: usize,
    out: &mut Register,
) -> u64 {
    let (a, b) = (A::view(a, rows), B::view(b, rows));
    let (x, y) = (&a.data[..rows], &b.data[..rows]);
    let skip = A::SKIPS_NULLS || B::SKIPS_NULLS;
    let compute = |i: usize| f(A::load(&x[i]), B::load(&y[i]));
    Stores::<R>::write(out, |lane| fill(rows, [a.valid, b.valid, None], skip, compute, lane))
}

pub(super) fn chunk3<'a, A: Argument<'a>, B: Argument<'a>, C: Argument<'a>, R: Returns>(
    f: impl Fn(A, B, C) -> R,
    [a, b, c]: &[Slice<'a>; 3],
    rows: usize,
    out: &mut Register,
) -> u64 {
    let (a, b, c) = (A::view(a, rows), B::view(b, rows), C::view(c, rows));
    let (x, y, z) = (&a.data[..rows], &b.data[..rows], &c.data[..rows]);
    let skip = A::SKIPS_NULLS || B::SKIPS_NULLS || C::SKIPS_NULLS;
    let compute = |i: usize| f(A::load(&x[i]), B::load(&y[i]), C::load(&z[i]));
    Stores::<R>::write(out, |lane| fill(rows, [a.valid, b.valid, c.valid], skip, compute, lane))
}

/// Writes `rows` results and returns how many overflowed. Without `skip` the function also runs on the unspecified
/// values under NULLs, whose results are discarded: a loop without branches is quicker.
#[inline(always)]
fn fill<R: Returns>(
    rows: usize,
    valids: [Option<&[bool]>; 3],
    skip: bool,
    compute: impl Fn(usize) -> R,
    out: &mut Lane<Stores<R>>,
) -> u64 {
    let data = &mut out.data[..rows];
    let valid = &mut out.valid[..rows];
    let mut overflows = 0;
    if !intersect(valids, valid) {
        if R::RULE.is_total() {
            for (i, slot) in data.iter_mut().enumerate() {
                *slot = compute(i).parts().value;
            }
            out.nulls = false;
            return 0;
        }
        let mut complete = true;
        for (i, (slot, ok)) in data.iter_mut().zip(valid).enumerate() {
            let parts = compute(i).parts();
            *slot = parts.value;
            *ok = parts.valid;
            complete &= parts.valid;
            overflows += u64::from(parts.overflow);
        }
        out.nulls = !complete;
        return overflows;
    }
    for (i, (slot, ok)) in data.iter_mut().zip(valid).enumerate() {
        if skip && !*ok {
            continue;
        }
        let parts = compute(i).parts();
        *slot = parts.value;
        overflows += u64::from(parts.overflow & *ok);
        *ok &= parts.valid;
    }
    out.nulls = true;
    overflows
}

/// Writes where all of `valids` are true; false, with nothing written, if none of them has NULLs.
fn intersect(valids: [Option<&[bool]>; 3], out: &mut [bool]) -> bool {
    let mut written = false;
    for valid in valids.into_iter().flatten() {
        if written {
            for (o, v) in out.iter_mut().zip(valid) {
                *o &= v;
            }
        } else {
            out.copy_from_slice(valid);
            written = true;
        }
    }
    written
}
