//! Input that nobody means well: an answer always, a panic never.

use proptest::prelude::*;

use super::{PROJECT, VIEW, check};

#[test]
fn deep_nesting_is_an_error() {
    for (open, close) in [("[", "]"), ("{ a = ", " }")] {
        let text = format!("x = {}1{}", open.repeat(10_000), close.repeat(10_000));
        assert!(check(&text, &[]).is_err());
    }
    assert!(check(&format!("[{}]", vec!["a"; 10_000].join(".")), &[]).is_err());
}

#[test]
fn a_field_with_a_strange_name_is_a_field() {
    let manifest = PROJECT.replace("team    =", "\"équipe 1\" = \"string\"\nteam    =");
    let view = VIEW.replace("down, score", "down, \"équipe 1\" AS squad, score");
    assert!(check(&manifest, &[("form", &view)]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,300}") {
        if let Err(problems) = check(&text, &[("v", &text)]) {
            problems.render(true);
        }
    }

    /// A piece of the project cut out, doubled or put elsewhere.
    #[test]
    fn any_mangled_project_is_answered(from in 0..PROJECT.len(), length in 0..80_usize, to in 0..PROJECT.len()) {
        let end = (from + length).min(PROJECT.len());
        let piece = &PROJECT[from..end];
        let mut text = format!("{}{}", &PROJECT[..from], &PROJECT[end..]);
        text.insert_str(to.min(text.len()), piece);
        for text in [text.clone(), text.replace(piece, "")] {
            if let Err(problems) = check(&text, &[("form", VIEW)]) {
                prop_assert!(!problems.0.is_empty());
                problems.render(false);
            }
        }
    }
}
