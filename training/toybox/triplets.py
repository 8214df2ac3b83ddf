"""Write scenes of one relation as a triplet folder, the layout that `training.relation_lora` reads.

    python -m training.toybox.triplets --data DATA --relation hugging --out FOLDER [--count 5]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .data import Scenes
from .lora import relation_indices

HIDDEN = -1.0  # a coordinate outside the picture: not seen


def write_triplets(data: Scenes, relation: str, out: Path, count: int) -> None:
    """Raises ValueError where `data` has no scene of `relation`."""
    indices = relation_indices(data, relation)[:count]
    if not indices:
        raise ValueError(f"no scene with relation {relation} in {data.folder}")
    prompts = {}
    for number, i in enumerate(indices):
        videos, masks = out / "videos" / str(number), out / "masks" / str(number)
        videos.mkdir(parents=True)
        masks.mkdir(parents=True)
        objects = data.objects(i)
        Image.fromarray(data.scene(i)).save(videos / "motion.png")
        seen = []
        for which, (item, word) in enumerate(zip(objects, ("one", "two"))):
            Image.fromarray(data.photos(i)[which]).save(videos / f"concept{which}.png")
            Image.fromarray(data.masks(i)[which]).save(masks / f"motion{which}.png")
            torch.save(torch.tensor(item["photoKeypoints"])[None], videos / f"concept_keyposes_{word}.pth")
            points = np.array(item["keypoints"], np.float32)
            seen.append(np.where(points[:, 2:] > 0, points[:, :2], HIDDEN))
        torch.save(torch.from_numpy(np.stack(seen)), videos / "motion_keyposes.pth")
        caption = data.meta[i]["captions"]["relation"][0]
        prompts[str(number)] = {"prompt": caption, "entities": [item["phrase"] for item in objects]}
    (out / "prompts.json").write_text(json.dumps(prompts, indent=2) + "\n", "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--relation", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5)
    arguments = parser.parse_args()
    write_triplets(Scenes(arguments.data), arguments.relation, arguments.out, arguments.count)


if __name__ == "__main__":
    main()
