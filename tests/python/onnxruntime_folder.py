"""Where this Python's onnxruntime has its library."""

import json
import pathlib

import onnxruntime

print(json.dumps({"folder": str(pathlib.Path(onnxruntime.__file__).parent / "capi")}))
