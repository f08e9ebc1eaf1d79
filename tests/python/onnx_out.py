"""Runs ONNX files that clutch wrote, and compares them with what clutch predicts.

Each argument is a folder with model.onnx, rows.f64 (rows of doubles) and expected.f64 (a double for each row), and for a
family members.json (the name of its other input, and a value for each row).
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
    (given, *members), (output,) = session.get_inputs(), session.get_outputs()
    assert given.name == "features" and given.type == "tensor(double)", given
    expected = np.fromfile(folder / "expected.f64")
    feeds = {"features": np.fromfile(folder / "rows.f64").reshape(len(expected), given.shape[1])}
    assert (folder / "members.json").exists() == bool(members)
    for member in members:
        told = json.loads((folder / "members.json").read_text())
        assert member.name == told["name"], member
        kind = {"tensor(string)": object, "tensor(int64)": np.int64}[member.type]
        feeds[member.name] = np.array(told["values"], dtype=kind).reshape(-1, 1)
    predictions = session.run(None, feeds)[0]
    rows = feeds["features"]
    assert predictions.shape == (len(rows), 1) and predictions.dtype == np.float64, predictions.shape
    one = session.run(None, {name: values[:1] for name, values in feeds.items()})[0]
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
