//! What a misspelt name was probably meant to be.

/// The candidate most like `name`, if one is like it at all.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let score = |candidate: &str| strsim::jaro_winkler(name, candidate);
    let scored = candidates.into_iter().map(|candidate| (score(candidate), candidate));
    scored.filter(|(score, _)| 0.8 <= *score).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}
