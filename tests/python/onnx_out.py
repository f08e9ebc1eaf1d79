"""Runs ONNX files that clutch wrote, and compares them with what clutch predicts.

Each argument is a folder with model.onnx, rows.f64 (rows of doubles) and expected.f64 (a double for each row).
Prints one JSON object: for each folder the rows, and the largest difference.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

report = {}
for folder in map(pathlib.Path, sys.argv[1:]):
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    (given,), (output,) = session.get_inputs(), session.get_outputs()
    assert given.name == "features" and given.type == "tensor(double)", given
    expected = np.fromfile(folder / "expected.f64")
    rows = np.fromfile(folder / "rows.f64").reshape(len(expected), given.shape[1])
    predictions = session.run(None, {"features": rows})[0]
    assert predictions.shape == (len(rows), 1) and predictions.dtype == np.float64, predictions.shape
    one = session.run(None, {"features": rows[:1]})[0]
    difference = np.abs(predictions[:, 0] - expected) / np.maximum(1, np.abs(expected))
    report[folder.name] = {
        "rows": len(rows),
        "output": output.name,
        # A row alone against the same row among others.
        "alone": float(np.abs(one[0, 0] - predictions[0, 0])),
        "difference": float(difference.max()) if np.isfinite(difference).all() else None,
        "worst": str(rows[int(difference.argmax())].tolist()),
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
    }
print(json.dumps(report))
