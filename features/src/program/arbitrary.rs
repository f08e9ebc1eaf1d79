//! Generators of values and well-typed expressions, for property tests here and in other crates.
