//! The members of a family beside the general model.

use models::artifact::{FamilyRecord, Manifest, MemberRecord};

use super::title_of;
use models::page::Markup;
use models::page::chart::{self, Pair};
use models::page::{Cell, count, table};

/// Beyond these the drawing is cut; the table holds all.
const MOST_PAIRS: usize = 25;

pub(in crate::page) fn family(page: &mut Markup, manifest: &Manifest) {
    let Some(family) = &manifest.family else { return };
    let loss = title_of(&family.metric);
    let lead = format!(
        "One model for each {} with at least {} training rows, judged on its own test rows beside the general model, which \
         learned from all rows. Further left is better; few rows say little.",
        family.per,
        count(family.min_rows)
    );
    page.section("family", "Members of the family", &lead);
    let mut tested: Vec<(&MemberRecord, Pair)> = family.members.iter().filter_map(|of| Some((of, pair(of)?))).collect();
    tested.sort_by_key(|(member, _)| std::cmp::Reverse(member.rows.test));
    let more = tested.len().saturating_sub(MOST_PAIRS);
    let pairs: Vec<Pair> = tested.into_iter().take(MOST_PAIRS).map(|(_, pair)| pair).collect();
    if !pairs.is_empty() {
        let drawing = chart::pairs("Members and the general model", loss, &pairs);
        page.raw("<div class=\"figures\">\n<figure>\n")
            .element("h3", &format!("{loss} by {}", family.per))
            .raw(&drawing);
        page.raw(
            "<figcaption><span class=\"key\"></span>the member <span class=\"key theirs\"></span>the general model",
        );
        if more > 0 {
            page.raw("<br>").text(&format!("Those with the most test rows; {more} others are in the table."));
        }
        page.raw("</figcaption>\n</figure>\n</div>\n");
    }
    page.raw("<details>\n").element("summary", "All members as a table");
    members(page, family, loss);
    page.raw("</details>\n");
    page.end_section();
}

fn pair(member: &MemberRecord) -> Option<Pair> {
    let (ours, theirs) = (member.observed?, member.general?);
    let told = format!("{}: {ours:.4}, the general model {theirs:.4}, {} rows", member.value, member.rows.test);
    Some(Pair { name: member.value.clone(), ours, theirs, told })
}

fn members(page: &mut Markup, family: &FamilyRecord, loss: &str) {
    let line = |name: &str, of: &MemberRecord| {
        let figure = |value: Option<f64>| value.map(|x| format!("{x:.4}")).unwrap_or_default();
        [name.to_owned(), count(of.rows.train), count(of.rows.test), figure(of.observed), figure(of.general)]
            .map(Cell::Text)
            .to_vec()
    };
    let rows: Vec<Vec<Cell>> =
        family.members.iter().map(|of| line(&of.value, of)).chain([line("(all others)", &family.rest)]).collect();
    table(page, &[&family.per, "trained on", "tested on", loss, "general model"], &rows);
}
