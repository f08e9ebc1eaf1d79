//! The report of a training run, as a person sees it.

use std::path::{Path, PathBuf};

use crate::support::{Browser, TestProject, assert_success, browser};

/// Trains on simulated plays and gives back the report's file.
fn report_of(project: &TestProject, model: &str) -> PathBuf {
    assert_success(&project.output(&["data", "simulate", "nfl", "--seasons", "3", "--games", "24"]));
    let trained = project.json(&["train", "--model", model]);
    PathBuf::from(trained["report"].as_str().expect("the report's path"))
}

#[test]
fn a_report_stands_alone_and_tells_the_whole_run() {
    let project = TestProject::nfl();
    let page = std::fs::read_to_string(report_of(&project, "win_probability")).expect("the report");
    for place in ["http://", "https://", "url(", "<script", "<link", "<img", "@import"] {
        assert!(!page.contains(place), "the page needs something else: {place}");
    }
    for section in [
        "quality",
        "references",
        "calibration",
        "roc",
        "slices",
        "learning-curve",
        "importances",
        "coefficients",
        "distributions",
        "origin",
    ] {
        assert!(page.contains(&format!("<section id=\"{section}\">")), "no section {section}");
    }
}

#[test]
fn a_report_of_a_regression_shows_residuals() {
    let project = TestProject::nfl();
    let page = std::fs::read_to_string(report_of(&project, "final_margin")).expect("the report");
    assert!(page.contains("<section id=\"residuals\">") && !page.contains("<section id=\"roc\">"));
}

/// Elements that stick out of the page, and drawings without a size.
const MISPLACED: &str = r"
    const wide = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('section, figure, svg, .card, h1, p')]
        .filter(e => e.getBoundingClientRect().right > wide + 1 && !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 80));
    const flat = [...document.querySelectorAll('svg')]
        .filter(e => e.getBoundingClientRect().width < 40 || e.getBoundingClientRect().height < 10)
        .map(e => e.outerHTML.slice(0, 80));
    return out.concat(flat);";

/// Texts of one drawing that lie on each other.
const OVERLAPPING: &str = r"
    const hits = [];
    for (const svg of document.querySelectorAll('svg')) {
        const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
        for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
            const [a, b] = [texts[i][1], texts[j][1]];
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3) hits.push(texts[i][0] + ' / ' + texts[j][0]);
        }
    }
    return hits;";

/// The least contrast of any text with the page's ground (WCAG 2.2, relative luminance).
const LEAST_CONTRAST: &str = r"
    const parse = c => c.match(/[\d.]+/g).slice(0, 3).map(Number);
    const light = c => parse(c).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = light(getComputedStyle(document.body).backgroundColor);
    let least = 21;
    for (const e of document.querySelectorAll('h1, h2, h3, p, dt, dd, td, th, figcaption, pre, svg text')) {
        if (!e.textContent.trim()) continue;
        const style = getComputedStyle(e);
        const own = light(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
        least = Math.min(least, (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05));
    }
    return least;";

/// Every way in which a report is looked at: name, width, medium, colours.
const WAYS: [(&str, u32, &str, &str); 4] = [
    ("light", 1280, "screen", "light"),
    ("dark", 1280, "screen", "dark"),
    ("phone", 390, "screen", "light"),
    ("print", 794, "print", "light"),
];

/// Looks at a report in every way, keeps a picture of each, and counts its drawings.
#[track_caller]
fn reads_well(browser: &Browser, report: &Path, name: &str) -> u64 {
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&pictures).expect("folder");
    for (way, width, media, scheme) in WAYS {
        browser.resize(width, 900);
        browser.appear(media, scheme);
        browser.open(report);
        // Tables that are folded away are looked at too.
        browser.run("document.querySelectorAll('details').forEach(e => e.open = true)");
        browser.photograph(&pictures.join(format!("{name}-{way}.png")));
        assert_eq!(browser.run(MISPLACED), serde_json::json!([]), "{name}, {way}: misplaced");
        assert_eq!(browser.run(OVERLAPPING), serde_json::json!([]), "{name}, {way}: overlapping texts");
        let contrast = browser.run(LEAST_CONTRAST).as_f64().expect("a number");
        assert!(contrast >= 4.5, "{name}, {way}: contrast {contrast}");
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}, {way}");
    }
    browser.run("return document.querySelectorAll('figure svg').length").as_u64().expect("a count")
}

#[track_caller]
fn assert_sections(browser: &Browser, name: &str, wanted: &[&str]) {
    let found = browser.run("return [...document.querySelectorAll('section')].map(e => e.id)");
    let found: Vec<&str> = found.as_array().into_iter().flatten().filter_map(|id| id.as_str()).collect();
    assert_eq!(found, wanted, "{name}");
}

/// Models beside those of the ready-made project: boosted trees, and whatever can be found out within the training part.
const MORE_MODELS: &str = r#"
[models.boosted]
view = "win_probability"
label = "CASE WHEN posteam = home_team THEN result > 0 ELSE result < 0 END"
where = "result <> 0 AND qtr <= 4"
task = "classification"
algorithm = "boosting"
trees = 30
features = ["score_differential", "expected_lead", "market", "down", "distance", "time_remaining_pct"]
split = { time = "season", test_from = 2023 }
group = "game_id"
reference = ["wp", "vegas_wp"]
[models.boosted.feature_groups]
market = ["spread_to_come", "scaled_lead"]
[models.boosted.tune]
max_depth = [2, 4]

[models.by_quarter]
view = "win_probability"
label = "CASE WHEN posteam = home_team THEN result > 0 ELSE result < 0 END"
where = "result <> 0 AND qtr <= 4"
task = "classification"
per = "quarter"
min_rows = 100
features = ["score_differential", "expected_lead", "down"]
split = { time = "season", test_from = 2023 }
group = "game_id"
"#;

#[test]
fn a_report_of_every_kind_reads_well_in_a_real_browser() {
    let Some(browser) = browser() else { return };
    let project = TestProject::nfl();
    project.append_to_manifest(MORE_MODELS);
    let simulate = ["data", "simulate", "nfl", "--first-season", "2020", "--seasons", "4", "--games", "24"];
    assert_success(&project.output(&simulate));
    let report = |model: &str, more: &[&str]| {
        let trained = project.json(&[&["train", "--model", model][..], more].concat());
        PathBuf::from(trained["report"].as_str().expect("the report's path"))
    };

    let linear = reads_well(&browser, &report("win_probability", &[]), "classification");
    assert!(linear >= 9, "{linear} drawings");
    let sections = ["quality", "references", "calibration", "roc", "slices", "learning-curve", "importances"];
    let rest = ["coefficients", "distributions", "origin"];
    assert_sections(&browser, "classification", &[&sections[..], &rest].concat());

    assert!(reads_well(&browser, &report("final_margin", &[]), "regression") >= 4);
    let sections = ["quality", "calibration", "residuals", "learning-curve", "importances"];
    assert_sections(&browser, "regression", &[&sections[..], &rest].concat());

    let within = [
        "--tune",
        "--trials",
        "3",
        "--cross-validate",
        "2",
        "--leave-one-out",
        "season",
        "--stratum",
        "qtr",
        "--ablate",
    ];
    assert!(reads_well(&browser, &report("boosted", &within), "boosted") >= 9);
    let sections = ["quality", "references", "calibration", "roc", "learning-curve"];
    let validated = ["cross-validation", "leave-one-out", "ablation", "tuning"];
    let trees = ["importances", "distributions", "origin"];
    assert_sections(&browser, "boosted", &[&sections[..], &validated, &trees].concat());
    let of_trees = browser.run("return document.querySelectorAll('#importances svg rect').length");
    assert_eq!(of_trees, 7, "a bar for the SHAP values of each feature");

    assert!(reads_well(&browser, &report("by_quarter", &[]), "family") >= 5);
    let sections = ["quality", "calibration", "roc", "family", "learning-curve", "importances"];
    assert_sections(&browser, "family", &[&sections[..], &rest].concat());
    let members = browser.run("return document.querySelectorAll('#family .ours-dot').length");
    assert_eq!(members, 4, "a point for each quarter's model");
}

/// As a person prints it; the file is kept beside the pictures.
#[test]
fn a_report_is_printed_on_pages() {
    let Some(browser) = browser() else { return };
    let project = TestProject::nfl();
    browser.open(&report_of(&project, "final_margin"));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-on-paper.pdf");
    browser.print(&file);
    let pdf = std::fs::read(&file).expect("the pages");
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 20_000, "{} bytes", pdf.len());
}
