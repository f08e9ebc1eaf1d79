//! The report of a training run, as a person sees it.

use std::path::{Path, PathBuf};

use crate::support::{TestProject, assert_success, browser};

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

#[test]
fn a_report_reads_well_in_a_real_browser() {
    let Some(browser) = browser() else { return };
    let project = TestProject::nfl();
    let report = report_of(&project, "win_probability");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&pictures).expect("folder");

    for (name, width, media, scheme) in [
        ("light", 1280, "screen", "light"),
        ("dark", 1280, "screen", "dark"),
        ("phone", 390, "screen", "light"),
        ("print", 794, "print", "light"),
    ] {
        browser.resize(width, 900);
        browser.appear(media, scheme);
        browser.open(&report);
        browser.photograph(&pictures.join(format!("{name}.png")));
        assert_eq!(browser.run(MISPLACED), serde_json::json!([]), "{name}: misplaced");
        assert_eq!(browser.run(OVERLAPPING), serde_json::json!([]), "{name}: overlapping texts");
        let contrast = browser.run(LEAST_CONTRAST).as_f64().expect("a number");
        assert!(contrast >= 4.5, "{name}: contrast {contrast}");
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}");
    }
    let drawings = browser.run("return document.querySelectorAll('figure svg').length");
    assert!(drawings.as_u64() >= Some(6), "{drawings} drawings");
}
