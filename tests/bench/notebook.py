"""How long the default re-cluster takes beside the usual notebook: `python -m tests.bench.notebook [FILE]`.

The notebook reads the file, fills the median income, makes totals, one-hot codes, scales, projects to three principal components, tries
2 to 10 clusters with their silhouettes, and prints means per cluster. The re-cluster starts from stored customers and adds what the
notebook lacks: resampling, the reference of shuffled columns, prediction strength, gaps, intervals, rules, names. Both run in
turn in one process, after imports; the ratio of the medians counts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from segmentation import default_as_of, read_customers, segment_customers, synthetic_customers, write_customers

ROUNDS = 5
KS = range(2, 11)


def notebook(path: Path) -> None:
    """The usual steps, from the file to the means per cluster."""
    table = pd.read_csv(path)
    table["Income"] = table["Income"].fillna(table["Income"].median())
    table["Age"] = 2014 - table["Year_Birth"]
    joined = pd.to_datetime(table["Dt_Customer"], dayfirst=True)
    table["Tenure"] = (joined.max() - joined).dt.days
    table["Spend"] = table.filter(like="Mnt").sum(axis=1)
    table["Children"] = table["Kidhome"] + table["Teenhome"]
    table["Schooling"] = table["Education"].replace(
        {"Basic": "Low", "2n Cycle": "Low", "Graduation": "Middle", "Master": "High", "PhD": "High"}
    )
    table["Living"] = table["Marital_Status"].isin(["Married", "Together"]).map({True: "Partner", False: "Alone"})
    table = table[(table["Age"] < 90) & (table["Income"] < 600_000)]
    numbers = ["Income", "Recency", "Age", "Tenure", "Spend", "Children", "Complain", "Response", *table.filter(regex="^Num").columns]
    coded = pd.concat([table[numbers], pd.get_dummies(table[["Schooling", "Living"]])], axis=1).astype(float)
    plane = PCA(3).fit_transform(StandardScaler().fit_transform(coded))
    fits = {k: KMeans(k, n_init=10, random_state=42).fit(plane) for k in KS}
    for fit in fits.values():
        silhouette_score(plane, fit.labels_)
    davies_bouldin_score(plane, fits[4].labels_)
    calinski_harabasz_score(plane, fits[4].labels_)
    table.assign(cluster=fits[4].labels_).groupby("cluster").mean(numeric_only=True)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes once."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(argument: str | None = None) -> None:
    """Print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(argument) if argument else Path(folder) / "customers.csv"
        if argument is None:
            write_customers(path, synthetic_customers(2_240, segments=4, seed=7))
        intake = read_customers(path)
        as_of = default_as_of(intake.customers, intake.schema) or date(2014, 6, 29)
        peer, own = [], []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(ROUNDS + 1):
                peer.append(seconds(lambda: notebook(path)))
                own.append(seconds(lambda: segment_customers(intake.customers, intake.schema, as_of=as_of)))
    first, second = statistics.median(peer[1:]), statistics.median(own[1:])
    sys.stdout.write(
        f"notebook {first:.2f} s, re-cluster {second:.2f} s, ratio {second / first:.2f} ({len(intake.customers):,} customers)\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:2])
