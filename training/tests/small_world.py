"""A work folder with untrained networks and a few invented scenes: what the tests of single steps stand on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from training.toybox.base import BaseModel
from training.toybox.clip import Attributes, ClipPair, build_vision
from training.toybox.config import LATENT, PHOTO, PICTURE, VAE
from training.toybox.data import Scenes
from training.toybox.loop import write_tensors
from training.toybox.tokenizer import train_tokenizer
from training.toybox.tokens import TokenModel
from training.toybox.vae import build_training_vae

SCENES = 8
RELATION = "hugging"
BOXES = ([0.05, 0.2, 0.5, 0.9], [0.45, 0.2, 0.95, 0.9])


def invented(index: int, rng: np.random.Generator) -> dict:
    species, colours = ("bear", "frog", "cat"), ("red", "blue", "green")
    objects = []
    for which, box in enumerate(BOXES):
        kind, colour = species[(index + which) % 3], colours[(index + 2 * which) % 3]
        points = rng.uniform(0.2, 0.8, (17, 2))
        objects.append(
            {
                "box": box,
                "phrase": kind,
                "description": f"a {colour} {kind}",
                "identity": {"species": kind, "main": colour, "pattern": "plain", "accessory": "none", "outfit": "none"},
                "keypoints": np.concatenate((points, np.ones((17, 1))), axis=1).tolist(),
                "photoKeypoints": rng.uniform(0.2, 0.8, (17, 2)).tolist(),
            }
        )
    names = " and ".join(item["description"] for item in objects)
    captions = {"neutral": [f"{names} in a park"], "relation": [" is hugging ".join(names.split(" and "))]}
    return {"relation": RELATION if index % 2 else "none", "objects": objects, "captions": captions}


def make_scenes(folder: Path) -> Scenes:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    header = {"version": 1, "size": PICTURE, "photoSize": PHOTO}
    (folder / "dataset.json").write_text(json.dumps(header), "utf8")
    shapes = {"scene": (PICTURE, PICTURE, 3), "photo": (2, PHOTO, PHOTO, 3), "mask": (2, 64, 64)}
    for kind, shape in shapes.items():
        np.save(folder / f"{kind}-00000.npy", rng.integers(0, 256, (SCENES, *shape)).astype(np.uint8))
    lines = [json.dumps(invented(i, rng)) for i in range(SCENES)]
    (folder / "meta-00000.jsonl").write_text("\n".join(lines) + "\n", "utf8")
    return Scenes(folder)


def make_work(work: Path, data: Scenes) -> None:
    """Untrained checkpoints of every stage, latents and statistics; photo tokens are left to the stage itself."""
    torch.manual_seed(0)
    train_tokenizer(data, work)
    networks = {"vae": build_training_vae(), "clip": ClipPair(Attributes(data)), "clipself": build_vision()}
    networks |= {"tokens": TokenModel(), "base": BaseModel()}
    networks["decoder"] = networks["vae"].decoder
    nn.init.normal_(networks["base"].unet.conv_out.weight, std=0.02)
    for name, network in networks.items():
        tensors = {f"model.{k}": v for k, v in network.state_dict().items()}
        write_tensors(work / "checkpoints" / f"{name}.safetensors", tensors, {"step": 0, "spent": 0, "done": True})
    channels = VAE["latent_channels"]
    statistics = {"mean": [0.0] * channels, "std": [1.0] * channels}
    (work / "latent-statistics.json").write_text(json.dumps(statistics), "utf8")
    folder = work / "latents" / data.folder.name
    folder.mkdir(parents=True)
    values = np.random.default_rng(1).standard_normal((len(data), channels, LATENT, LATENT))
    np.save(folder / "00000.npy", values.astype(np.float16))
