//! Programs in Python that do the same work, and the rows that they are given.

#[path = "environment.rs"]
mod environment;
#[path = "real_data.rs"]
mod real_data;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

pub(crate) use environment::environment;
pub(crate) use real_data::real_data;
use training::dataset::Dataset;

/// A Python that has these modules; says `named` and the version of the last of them.
pub(crate) fn python(modules: &str, named: &str) -> Option<String> {
    let python = environment("CLUTCH_PYTHON").unwrap_or_else(|| "python3".to_owned());
    let mut probe = Command::new(&python);
    let last = modules.rsplit(", ").next().unwrap_or_default();
    probe.args(["-c", &format!("import {modules}; print('peer: {named}', {last}.__version__)")]);
    let output = probe.output().ok().filter(|output| output.status.success())?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Some(python)
}

/// Runs a peer on a folder; what it printed.
pub(crate) fn run(python: &str, peer: &str, folder: &Path) -> String {
    let output = Command::new(python).arg(peer).arg(folder).output().expect("the peer starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The number of rows, then the inputs row by row, then the labels: little-endian doubles.
pub(crate) fn write_rows(path: &Path, dataset: &Dataset, rows: &[usize]) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a file"));
    let labels = rows.iter().map(|&row| dataset.labels[row]);
    for number in [rows.len() as f64].into_iter().chain(dataset.inputs.row_major(rows)).chain(labels) {
        file.write_all(&number.to_le_bytes()).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}
