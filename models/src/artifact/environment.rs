//! The Python environment in which MLflow runs `model.onnx`, as MLflow writes it: for `mlflow models serve` and the like.

use super::Files;

pub(super) const CONDA: &str = "conda.yaml";
pub(super) const PYTHON_ENV: &str = "python_env.yaml";
pub(super) const REQUIREMENTS: &str = "requirements.txt";
pub(super) const PYTHON: &str = "3.11.7";

/// The oldest packages that know everything in `model.onnx`.
const PACKAGES: [&str; 5] = ["mlflow>=2.9", "numpy", "onnx>=1.12", "onnxruntime>=1.14", "pandas"];

pub(super) fn insert(files: &mut Files) {
    let lines = |indent: &str| PACKAGES.iter().map(|package| format!("{indent}{package}\n")).collect::<String>();
    let conda = format!(
        "channels:\n- conda-forge\ndependencies:\n- python={PYTHON}\n- pip\n- pip:\n{}name: mlflow-env\n",
        lines("  - ")
    );
    let python = format!("python: {PYTHON}\nbuild_dependencies:\n- pip\ndependencies:\n- -r {REQUIREMENTS}\n");
    files.insert(CONDA, conda.into_bytes());
    files.insert(PYTHON_ENV, python.into_bytes());
    files.insert(REQUIREMENTS, lines("").into_bytes());
}
