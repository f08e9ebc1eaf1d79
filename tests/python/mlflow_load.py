"""Loads an artifact's folder as MLflow does, and predicts its input example: as a data frame, columns in any order.

Prints one JSON object: the flavors, and the predictions.
"""

import json
import sys

import mlflow.onnx
import mlflow.pyfunc
import onnx

folder = sys.argv[1]
onnx.checker.check_model(mlflow.onnx.load_model(folder), full_check=True)
model = mlflow.pyfunc.load_model(folder)
example = model.input_example
reversed_columns = example[example.columns[::-1]]
predictions = [model.predict(frame).to_dict(orient="records") for frame in (example, reversed_columns)]
print(json.dumps({"flavors": sorted(model.metadata.flavors), "predictions": predictions}))
