"""LightGBM with the settings of benches/boosting.rs: the time of a fit, and the log loss of another.

Usage: boosting_lightgbm.py FOLDER, with timed.bin, fitted.bin and held_out.bin as that benchmark writes them.
"""

import json
import os
import sys
import time

import lightgbm
import numpy

FEATURES = 13
TREES = 200
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "max_depth": 5,
    "num_leaves": 32,
    "min_sum_hessian_in_leaf": 1.0,
    "min_data_in_leaf": 1,
    "lambda_l2": 1.0,
    "max_bin": 255,
    "num_threads": os.cpu_count(),
    "verbose": -1,
}


def rows(folder, name):
    numbers = numpy.fromfile(os.path.join(folder, name), dtype="<f8")
    count = int(numbers[0])
    return numbers[1 : 1 + count * FEATURES].reshape(count, FEATURES), numbers[1 + count * FEATURES :]


def fit(folder, name):
    inputs, labels = rows(folder, name)
    start = time.perf_counter()
    model = lightgbm.train(SETTINGS, lightgbm.Dataset(inputs, labels), TREES)
    return model, time.perf_counter() - start


def main():
    folder = sys.argv[1]
    _, seconds = fit(folder, "timed.bin")
    model, _ = fit(folder, "fitted.bin")
    inputs, labels = rows(folder, "held_out.bin")
    predictions = model.predict(inputs)
    losses = -numpy.log(numpy.where(labels > 0.5, predictions, 1 - predictions))
    print(json.dumps({"seconds": seconds, "log_loss": float(losses.mean())}))


main()
