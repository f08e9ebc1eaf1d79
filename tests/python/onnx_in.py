"""Makes models with scikit-learn, XGBoost and LightGBM, exports them to ONNX, and says what they predict.

The argument is a folder with rows.f32 (rows of WIDTH singles), labels.f64 and width. For each model it gets a file
NAME.onnx and NAME.json: the predictions by the package itself, and by onnxruntime.
"""

import json
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import skl2onnx
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as FloatOfOthers
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
folder = pathlib.Path(sys.argv[1])
labels = np.fromfile(folder / "labels.f64")
rows = np.fromfile(folder / "rows.f32", dtype=np.float32).reshape(len(labels), -1)
width = rows.shape[1]
won = labels > 0
names = (folder / "names.txt").read_text().split()


def write(name, model, predicted):
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) == 1:
        feeds = {inputs[0].name: rows}
    else:
        feeds = {i.name: rows[:, [names.index(i.name)]].astype(np.float32) for i in inputs}
    output = session.run(None, feeds)[-1]
    if isinstance(output, list):  # maps from classes to probabilities
        output = np.array([list(each.values())[-1] for each in output])
    elif output.ndim == 2:
        output = output[:, -1]
    report = {"package": np.asarray(predicted, dtype=float).tolist(), "onnxruntime": output.astype(float).tolist()}
    (folder / f"{name}.json").write_text(json.dumps(report))


logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(rows, won)
probabilities = logistic.predict_proba(rows)[:, 1]
wide = [("X", FloatTensorType([None, width]))]
write("sklearn_zipmap", skl2onnx.to_onnx(logistic, initial_types=wide), probabilities)
plain = {"zipmap": False}
write("sklearn_logistic", skl2onnx.to_onnx(logistic, initial_types=wide, options=plain), probabilities)

forest = RandomForestClassifier(20, max_depth=6, random_state=1).fit(rows, won)
write("sklearn_forest", skl2onnx.to_onnx(forest, initial_types=wide, options=plain), forest.predict_proba(rows)[:, 1])

boosted = GradientBoostingClassifier(n_estimators=20, random_state=1).fit(rows, won.astype(int))
model = skl2onnx.to_onnx(boosted, initial_types=wide, options=plain)
write("sklearn_boosted", model, boosted.predict_proba(rows)[:, 1])

linear = LinearRegression().fit(rows, labels)
write("sklearn_linear", skl2onnx.to_onnx(linear, initial_types=wide), linear.predict(rows))

# An input for each column, as pipelines over data frames have it.
from sklearn.compose import ColumnTransformer  # noqa: E402
import pandas  # noqa: E402

frame = pandas.DataFrame(rows, columns=names)
columns = make_pipeline(ColumnTransformer([("scale", StandardScaler(), names)]), LogisticRegression(max_iter=1000))
columns.fit(frame, won)
apart = [(name, FloatTensorType([None, 1])) for name in names]
model = skl2onnx.to_onnx(columns, initial_types=apart, options=plain)
write("sklearn_columns", model, columns.predict_proba(frame)[:, 1])

of_others = [("input", FloatOfOthers([None, width]))]
holes = rows.copy()
holes[::7, 0] = np.nan
trees = xgboost.XGBClassifier(n_estimators=30, max_depth=4).fit(holes, won)
model = onnxmltools.convert_xgboost(trees, initial_types=of_others)
write("xgboost_classifier", model, trees.predict_proba(rows)[:, 1])
trees = xgboost.XGBRegressor(n_estimators=30, max_depth=4).fit(holes, labels)
write("xgboost_regressor", onnxmltools.convert_xgboost(trees, initial_types=of_others), trees.predict(rows))

trees = lightgbm.LGBMClassifier(n_estimators=30, num_leaves=15, verbose=-1).fit(holes, won.astype(int))
predicted = trees.predict_proba(rows)[:, 1]
write("lightgbm_classifier", onnxmltools.convert_lightgbm(trees, initial_types=of_others, zipmap=False), predicted)
write("lightgbm_zipmap", onnxmltools.convert_lightgbm(trees, initial_types=of_others), predicted)
trees = lightgbm.LGBMRegressor(n_estimators=30, num_leaves=15, verbose=-1).fit(holes, labels)
write("lightgbm_regressor", onnxmltools.convert_lightgbm(trees, initial_types=of_others), trees.predict(rows))

# What clutch must refuse.
three = LogisticRegression(max_iter=1000).fit(rows, np.arange(len(rows)) % 3)
(folder / "three_classes.onnx").write_bytes(skl2onnx.to_onnx(three, initial_types=wide, options=plain).SerializeToString())
from skl2onnx.common.data_types import StringTensorType  # noqa: E402
from sklearn.preprocessing import OneHotEncoder  # noqa: E402

texts = np.array([["a"], ["b"]] * (len(rows) // 2), dtype=object)
text = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(texts, won[: len(texts)])
model = skl2onnx.to_onnx(text, initial_types=[("team", StringTensorType([None, 1]))], options=plain)
(folder / "text.onnx").write_bytes(model.SerializeToString())
fixed = skl2onnx.to_onnx(logistic, initial_types=[("X", FloatTensorType([1, width]))], options=plain)
(folder / "fixed_batch.onnx").write_bytes(fixed.SerializeToString())
print(json.dumps({"made": sorted(path.stem for path in folder.glob("*.onnx"))}))
