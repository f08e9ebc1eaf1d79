"""Makes models with scikit-learn, XGBoost and LightGBM, exports them to ONNX, and says what they predict.

The argument is a folder with rows.f32 (rows of singles, so many as names.txt has names) and labels.f64. It gets
holes.f32 (the same rows with missing values), and for each model NAME.onnx and NAME.json: the predictions by the package
itself, and by onnxruntime, of the rows, and of those with missing values behind them where the model takes them.
"""

import json
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import skl2onnx
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as FloatOfOthers
from skl2onnx.common.data_types import FloatTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
folder = pathlib.Path(sys.argv[1])
labels = np.fromfile(folder / "labels.f64")
rows = np.fromfile(folder / "rows.f32", dtype=np.float32).reshape(len(labels), -1)
width = rows.shape[1]
won = labels > 0
names = (folder / "names.txt").read_text().split()


# Every column has some, and some rows have nothing else.
holes = rows.copy()
for column, every in enumerate([7, 11, 13]):
    holes[column::every, column] = np.nan
holes[::50] = np.nan
holes.tofile(folder / "holes.f32")
both = np.vstack([rows, holes])


def write(name, model, predicted, rows=rows):
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

# What else exporters make graphs of.
two = [("a", LogisticRegression(max_iter=1000)), ("b", DecisionTreeClassifier(max_depth=3))]
classifiers = {
    "sklearn_histogram": HistGradientBoostingClassifier(max_iter=20),
    "sklearn_adaptive": AdaBoostClassifier(n_estimators=10, random_state=1),
    "sklearn_calibrated": CalibratedClassifierCV(RandomForestClassifier(10, max_depth=4, random_state=1), cv=3),
    "sklearn_voting": VotingClassifier(two, voting="soft", flatten_transform=False),
    "sklearn_stacking": StackingClassifier(two),
    "sklearn_bayes": GaussianNB(),
    "sklearn_perceptron": make_pipeline(StandardScaler(), MLPClassifier((8, 4), "tanh", max_iter=200, random_state=1)),
    "sklearn_vectors": make_pipeline(StandardScaler(), SVC(probability=True, random_state=1)),
    "sklearn_polynomial": make_pipeline(StandardScaler(), PolynomialFeatures(), LogisticRegression(max_iter=1000)),
    "sklearn_bins": make_pipeline(KBinsDiscretizer(5, encode="onehot-dense"), LogisticRegression(max_iter=1000)),
}
for name, model in classifiers.items():
    model.fit(rows, won.astype(int))
    write(name, skl2onnx.to_onnx(model, initial_types=wide, options=plain), model.predict_proba(rows)[:, 1])
regressors = {
    "sklearn_poisson": make_pipeline(StandardScaler(), PoissonRegressor()),
    "sklearn_bagging": BaggingRegressor(n_estimators=5, random_state=1),
    "sklearn_adaptive_regressor": AdaBoostRegressor(n_estimators=10, random_state=1),
}
for name, model in regressors.items():
    model.fit(rows, labels - labels.min())
    write(name, skl2onnx.to_onnx(model, initial_types=wide), model.predict(rows))

of_others = [("input", FloatOfOthers([None, width]))]
trees = xgboost.XGBClassifier(n_estimators=30, max_depth=4).fit(holes, won)
model = onnxmltools.convert_xgboost(trees, initial_types=of_others)
write("xgboost_classifier", model, trees.predict_proba(both)[:, 1], both)
trees = xgboost.XGBRegressor(n_estimators=30, max_depth=4).fit(holes, labels)
write("xgboost_regressor", onnxmltools.convert_xgboost(trees, initial_types=of_others), trees.predict(both), both)

trees = lightgbm.LGBMClassifier(n_estimators=30, num_leaves=15, verbose=-1).fit(holes, won.astype(int))
predicted = trees.predict_proba(both)[:, 1]
model = onnxmltools.convert_lightgbm(trees, initial_types=of_others, zipmap=False)
write("lightgbm_classifier", model, predicted, both)
write("lightgbm_zipmap", onnxmltools.convert_lightgbm(trees, initial_types=of_others), predicted, both)
trees = lightgbm.LGBMRegressor(n_estimators=30, num_leaves=15, verbose=-1).fit(holes, labels)
write("lightgbm_regressor", onnxmltools.convert_lightgbm(trees, initial_types=of_others), trees.predict(both), both)

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
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

neighbours = KNeighborsClassifier().fit(rows, won.astype(int))
model = skl2onnx.to_onnx(neighbours, initial_types=wide, options=plain)
(folder / "neighbours.onnx").write_bytes(model.SerializeToString())

# What a hostile hand makes of a good file.
model = onnx.load(folder / "sklearn_linear.onnx")
model.opset_import[0].version = 99
(folder / "newer.onnx").write_bytes(model.SerializeToString())
outside = onnx.helper.make_tensor("outside", onnx.TensorProto.FLOAT, [1], [0.5])
outside.ClearField("float_data")
outside.data_location = onnx.TensorProto.EXTERNAL
outside.external_data.add(key="location", value="../../../../etc/passwd")
model = onnx.load(folder / "sklearn_linear.onnx")
model.graph.initializer.append(outside)
(folder / "outside.onnx").write_bytes(model.SerializeToString())
model = onnx.load(folder / "sklearn_linear.onnx")
for name, shape in [("tall", [1 << 20, 1]), ("wide", [1, 1 << 20])]:
    model.graph.initializer.append(onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [2], shape))
    model.graph.node.append(onnx.helper.make_node("ConstantOfShape", [name], [f"{name}_zeros"]))
model.graph.node.append(onnx.helper.make_node("MatMul", ["tall_zeros", "wide_zeros"], ["bomb"], name="bomb"))
(folder / "bomb.onnx").write_bytes(model.SerializeToString())
print(json.dumps({"made": sorted(path.stem for path in folder.glob("*.onnx"))}))
