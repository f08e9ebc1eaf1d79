//! A real browser without a window, driven over the WebDriver protocol (W3C).

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Chromium. Where there is none the test says so and is skipped; under CI it fails.
pub(crate) fn browser() -> Option<Browser> {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if there("chromium") && there("chromedriver") {
        return Some(Browser::start());
    }
    let missing = "SKIPPED: no chromium with chromedriver: scripts/browser.sh installs them";
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("{missing}");
    None
}

/// Gone when dropped.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    _profile: TempDir,
}

impl Browser {
    fn start() -> Browser {
        let mut driver = Command::new("chromedriver")
            .args(["--port=0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let port = port_of(&mut driver);
        let profile = TempDir::new().expect("temporary folder");
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
            format!("--user-data-dir={}", profile.path().display()),
        ]});
        let base = format!("http://127.0.0.1:{port}/session");
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let answer = post(&agent, &base, &wanted);
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned();
        Browser { driver, session: format!("{base}/{id}"), agent, _profile: profile }
    }

    pub(crate) fn open(&self, page: &Path) {
        self.post("url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// `media` is `screen` or `print`, `scheme` `light` or `dark`.
    pub(crate) fn appear(&self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// The value that `return`s from the script.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What the page logged and what could not be loaded.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "browser" }));
        entries.as_array().into_iter().flatten().map(|entry| entry["message"].to_string()).collect()
    }

    /// The whole page as a PNG file.
    pub(crate) fn photograph(&self, file: &Path) {
        use base64::Engine as _;
        let shot = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self.devtools("Page.captureScreenshot", &shot);
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(taken["data"].as_str().expect("a picture"))
            .expect("base64");
        std::fs::write(file, bytes).expect("writable");
    }

    /// The whole page as a PDF file, on A4.
    pub(crate) fn print(&self, file: &Path) {
        use base64::Engine as _;
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": true });
        let printed = self.devtools("Page.printToPDF", &paper);
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(printed["data"].as_str().expect("pages")).expect("base64");
        std::fs::write(file, bytes).expect("writable");
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let mut answer = post(&self.agent, &format!("{}/{path}", self.session), body);
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The driver says on which free port it listens.
fn port_of(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("piped");
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            return rest.trim_end_matches('.').parse().expect("a port");
        }
    }
    panic!("chromedriver ended without telling its port");
}

#[track_caller]
fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Value {
    let mut answer = agent.post(url).send_json(body).expect("the driver answers");
    answer.body_mut().read_json().expect("JSON")
}
