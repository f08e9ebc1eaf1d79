//! Whole groups set apart, so that what is learned on some rows is judged on rows that do not share their fate.

use std::collections::BTreeMap;

/// Divides `rows` into `folds` parts of whole groups, about equally many groups each, by a drawing that depends on `seed`
/// alone. `None` where there are fewer than two groups; with fewer groups than folds there are as many folds as groups.
pub(crate) fn folds(groups: &[u32], rows: &[usize], folds: usize, seed: u64) -> Option<Vec<Vec<usize>>> {
    let drawn = drawn(groups, rows, seed);
    let folds = folds.min(drawn.len());
    if folds < 2 {
        return None;
    }
    let mut parts = vec![Vec::new(); folds];
    for &row in rows {
        parts[drawn[&groups[row]] % folds].push(row);
    }
    Some(parts)
}

/// The rows of all folds but one, ascending.
pub(crate) fn others(folds: &[Vec<usize>], number: usize) -> Vec<usize> {
    let others = folds.iter().enumerate().filter(|(other, _)| *other != number);
    let mut rows: Vec<usize> = others.flat_map(|(_, rows)| rows).copied().collect();
    rows.sort_unstable();
    rows
}

/// Rows to learn from and rows held out: `share` of the groups, at least one and never all. `None` where there are fewer
/// than two groups.
pub(super) fn hold_out(groups: &[u32], rows: &[usize], share: f64, seed: u64) -> Option<(Vec<usize>, Vec<usize>)> {
    let drawn = drawn(groups, rows, seed);
    if drawn.len() < 2 {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    let held_out = ((drawn.len() as f64 * share).round() as usize).clamp(1, drawn.len() - 1);
    Some(rows.iter().partition(|&&row| held_out <= drawn[&groups[row]]))
}

/// Each group's place in a random order.
fn drawn(groups: &[u32], rows: &[usize], seed: u64) -> BTreeMap<u32, usize> {
    let mut lots: BTreeMap<u32, [u8; 32]> = BTreeMap::new();
    for &row in rows {
        lots.entry(groups[row]).or_insert_with(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&seed.to_le_bytes()).update(&groups[row].to_le_bytes());
            *hasher.finalize().as_bytes()
        });
    }
    let mut order: Vec<(u32, [u8; 32])> = lots.into_iter().collect();
    order.sort_unstable_by_key(|(_, lot)| *lot);
    order.into_iter().enumerate().map(|(place, (group, _))| (group, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "small")]
    fn groups(rows: usize, size: usize) -> Vec<u32> {
        (0..rows).map(|row| (row / size) as u32).collect()
    }

    #[test]
    fn no_group_is_on_both_sides() {
        let groups = groups(100, 7);
        let rows: Vec<usize> = (10..100).collect();
        let (kept, held) = hold_out(&groups, &rows, 0.2, 3).unwrap();
        assert_eq!(kept.len() + held.len(), 90);
        assert!(kept.iter().all(|&a| held.iter().all(|&b| groups[a] != groups[b])));
        let parts = folds(&groups, &rows, 5, 3).unwrap();
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 90);
        for (i, part) in parts.iter().enumerate() {
            assert!(!part.is_empty());
            for other in &parts[i + 1..] {
                assert!(part.iter().all(|&a| other.iter().all(|&b| groups[a] != groups[b])));
            }
        }
    }

    #[test]
    fn one_group_cannot_be_divided() {
        let rows: Vec<usize> = (0..5).collect();
        assert_eq!(hold_out(&[4; 5], &rows, 0.5, 0), None);
        assert_eq!(folds(&[4; 5], &rows, 5, 0), None);
        assert_eq!(folds(&[1, 1, 2, 2, 2], &rows, 5, 0).unwrap().len(), 2);
    }

    #[test]
    fn another_seed_draws_others() {
        let groups = groups(200, 2);
        let rows: Vec<usize> = (0..200).collect();
        assert_eq!(hold_out(&groups, &rows, 0.3, 1), hold_out(&groups, &rows, 0.3, 1));
        assert_ne!(hold_out(&groups, &rows, 0.3, 1), hold_out(&groups, &rows, 0.3, 2));
    }
}
