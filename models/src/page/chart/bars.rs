use super::super::markup::escape;
use super::frame::{WIDTH, open};
use super::scale::small;

const ROW: f64 = 26.0;
const VALUES: f64 = 64.0;

/// A horizontal bar for each name, the longest at full width; values are none below 0.
pub fn bars(title: &str, rows: &[(String, f64)]) -> String {
    let height = small(rows.len()) * ROW + 4.0;
    let most = rows.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let names = width_of_names(rows.iter().map(|(name, _)| name.as_str()));
    let mut drawing = open(title, height);
    for (i, (name, value)) in rows.iter().enumerate() {
        let top = small(i) * ROW + 4.0;
        let width = value / most * (WIDTH - names - VALUES);
        let (shown, told) = (escape(&shortened(name)), escape(&format!("{name}: {value:.4}")));
        drawing.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{shown}</text>\n\
             <rect class=\"ours-bar\" x=\"{names:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"18\"><title>{told}</title></rect>\n\
             <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{value:.4}</text>\n",
            names - 8.0,
            top + 13.5,
            width.max(0.5),
            names + width.max(0.5) + 6.0,
            top + 13.5
        ));
    }
    drawing + "</svg>\n"
}

/// What the names of rows take on the left: as much as the longest, within reason.
pub(super) fn width_of_names<'a>(names: impl IntoIterator<Item = &'a str>) -> f64 {
    const CHARACTER: f64 = 7.4;
    let longest = names.into_iter().map(|name| shortened(name).chars().count()).max().unwrap_or(0);
    (small(longest) * CHARACTER + 18.0).clamp(60.0, 200.0)
}

/// What fits beside a bar or an interval; the whole name appears under the pointer.
pub(super) fn shortened(name: &str) -> String {
    const FITS: usize = 25;
    if name.chars().count() <= FITS {
        return name.to_owned();
    }
    let kept: String = name.chars().take(FITS - 1).collect();
    kept + "…"
}
