"""Make `text_axes.npy`: the 32 directions among the packaged model's meanings that texts of creatives are placed on.

    python scripts/text_axes.py path/to/headline_tests_early_weeks.csv.gz

Principal directions of the headlines of the first four fifths of the weeks (Upworthy Research Archive, CC BY 4.0);
clicks are not looked at. Each direction points to where its largest part is positive, and all are scaled alike so that
a coordinate is about 1; integers on a grid of 2^-16. Another file means another `memory.text_axes.SPACE`.
"""

import csv
import gzip
import sys
from pathlib import Path

import numpy as np

from reflection.memory.packaged_model import NAME, PackagedEmbedder
from reflection.memory.text_axes import FILE, GRID

AXES = 32
SHARE_OF_WEEKS = 0.8
TARGET = Path(__file__).parents[1] / "src" / "reflection" / "memory" / "models" / NAME / FILE


def main(path: Path) -> None:
    """Read the headlines, and write the directions beside the model."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    weeks = sorted({int(row["test_week"]) for row in rows})
    last = weeks[int(SHARE_OF_WEEKS * len(weeks))]
    headlines = sorted({row["headline"].replace("\n", " ") for row in rows if int(row["test_week"]) < last})
    vectors = PackagedEmbedder().vectors(headlines).astype(np.float64)
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:AXES].T
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(AXES)])
    axes /= np.std(centred @ axes)
    np.save(TARGET, np.rint(axes * GRID).astype("<i4"))
    print(f"{TARGET.name}: {AXES} directions of {len(headlines):,} headlines")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
