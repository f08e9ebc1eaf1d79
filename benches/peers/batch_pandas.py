"""The peer of the batch host: the columns of notebooks-data/nfl/views/win_probability.sql in pandas.

Prints one JSON object: the median seconds for reading the files and for computing the columns.

    python batch_pandas.py FOLDER_OF_PARQUET_FILES
"""

import json
import statistics
import sys
import time

from train_sklearn import features, load

REPETITIONS = 5


def seconds(run):
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(folder):
    pattern = f"{folder}/*.parquet"
    plays = load(pattern)
    print(json.dumps({"load": seconds(lambda: load(pattern)), "features": seconds(lambda: features(plays))}))


if __name__ == "__main__":
    main(sys.argv[1])
