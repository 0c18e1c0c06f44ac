"""Learn from the forty sample campaigns, analyse the incoming one, and write its artifacts.

    python scripts/generate_example_outputs.py

Writes output/cmp_007_meta_summer_bootcamp/{comparison,patterns,insights,updated_weights}.json (and a folder for every
campaign of the history) and weights.json, where MARKO_OUTPUT_DIR and MARKO_WEIGHTS_PATH say. The database is a
temporary file unless one is named, so running it twice gives the same files. Knows the library only.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from reflection import Engine
from reflection.engine.engine import Refusal
from reflection.settings import Settings

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
ARTIFACTS = ("comparison", "patterns", "insights", "updated_weights")


def main(arguments: list[str] | None = None) -> None:
    """Run it with command-line arguments."""
    options = _parser().parse_args(arguments)
    places = {"output_dir": options.output, "weights_path": options.weights}
    places = {name: path for name, path in places.items() if path is not None}
    with tempfile.TemporaryDirectory(prefix="reflection-") as folder:
        database = options.database or Path(folder) / "reflection.db"
        with Engine(database, vector_backend="local", **places) as engine:
            analysis = analyse(engine)
    _report(analysis, Settings.load(**places).weights_path)


def analyse(engine: Engine) -> dict[str, Any]:
    """Learn from the history, then analyse the incoming campaign with what was learnt."""
    history = json.loads((SAMPLES / "campaign_history.json").read_text(encoding="utf-8"))
    for result in engine.analyze_many(json.dumps(campaign) for campaign in history):
        if isinstance(result, Refusal):
            raise result.error
    return engine.analyze((SAMPLES / "incoming_campaign.json").read_text(encoding="utf-8"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", type=Path, help="SQLite file to keep (default: a temporary one)")
    parser.add_argument("--output", type=Path, help="folder of the artifacts (default: MARKO_OUTPUT_DIR or output)")
    parser.add_argument("--weights", type=Path, help="weights file (default: MARKO_WEIGHTS_PATH or weights.json)")
    return parser


def _report(analysis: dict[str, Any], weights: Path) -> None:
    comparison, patterns = analysis["comparison_report"], analysis["pattern_report"]
    print(f"{comparison['campaign_id']}: performance score {comparison['performance_score']:.2f}")
    for sentence in comparison["summary"]:
        print(f"  {sentence}")
    print("What the history says about its signals:")
    for finding in patterns["pattern_report"]:
        print(f"  {finding['title']}")
    folder = Path(analysis["stored_memory"]["output_path"])
    print("Written:")
    for name in ARTIFACTS:
        print(f"  {folder / name}.json")
    print(f"  {weights}")


if __name__ == "__main__":
    main()
