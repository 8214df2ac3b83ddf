"""Small copies of checkpoints, to carry a run to another machine: averaged weights as float16, no optimizer.

    python -m training.slim --work WORK --out FOLDER [--stages vae clip clipself tokens base decoder]

Copy FOLDER's contents over another WORK folder and run `python -m training.run` there: finished stages are skipped,
an unfinished one goes on with the averaged weights and a fresh optimizer.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from .toybox.loop import read_tensors, take, write_tensors

STAGES = ("vae", "clip", "clipself", "tokens", "base", "decoder")
FILES = ("latent-statistics.json",)
FOLDERS = ("tokenizer", "tokenizer_2")


def slim(work: Path, out: Path, stages: list[str]) -> None:
    for stage in stages:
        tensors, meta = read_tensors(work / "checkpoints" / f"{stage}.safetensors")
        weights = take(tensors, "model.") | take(tensors, "average.")
        halves = {f"model.{k}": v.half() if v.is_floating_point() else v for k, v in weights.items()}
        write_tensors(out / "checkpoints" / f"{stage}.safetensors", halves, meta)
    for name in FILES:
        shutil.copy(work / name, out / name)
    for name in FOLDERS:
        shutil.copytree(work / name, out / name, dirs_exist_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stages", nargs="*", default=list(STAGES))
    arguments = parser.parse_args()
    slim(arguments.work, arguments.out, arguments.stages)


if __name__ == "__main__":
    main()
