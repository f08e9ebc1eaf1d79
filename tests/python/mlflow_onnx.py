"""Loads an artifact's folder by MLflow's flavor `onnx`, which families have too, and predicts a row of it.

Prints one JSON object: the flavors, the file's inputs, and how many rows came out.
"""

import json
import sys

import mlflow.models
import mlflow.onnx
import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
model = mlflow.onnx.load_model(folder)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
features, member = session.get_inputs()
row = {features.name: np.full((1, features.shape[1]), np.nan), member.name: np.array([["nobody"]], dtype=object)}
(predicted,) = session.run(None, row)
flavors = sorted(mlflow.models.Model.load(folder).flavors)
print(json.dumps({"flavors": flavors, "inputs": [features.name, member.name], "rows": len(predicted)}))
