"""The peer of benches/quality.rs: scikit-learn's logistic regression on the same rows and features.

Usage: quality_sklearn.py FOLDER, with train.bin and test.bin as that benchmark writes them: the number of rows, then the
inputs row by row, then the labels, all little-endian doubles. Writes predictions.bin, one double for each row of test.bin.
"""

import os
import sys

import numpy
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def rows(folder, name):
    numbers = numpy.fromfile(os.path.join(folder, name), dtype="<f8")
    count = int(numbers[0])
    width = (len(numbers) - 1) // count - 1
    return numbers[1 : 1 + count * width].reshape(count, width), numbers[1 + count * width :]


def main():
    folder = sys.argv[1]
    inputs, labels = rows(folder, "train.bin")
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    model.fit(inputs, labels)
    inputs, _ = rows(folder, "test.bin")
    model.predict_proba(inputs)[:, 1].astype("<f8").tofile(os.path.join(folder, "predictions.bin"))


main()
