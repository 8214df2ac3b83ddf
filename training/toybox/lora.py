"""Stage 7: one RelationLoRA a relation, with the keypoint matching loss (paper eq. 5–7). The base model is frozen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..relationbooth.device import device, inference_batch, upload
from ..relationbooth.lora import inject_lora, load_lora, lora_state
from ..relationbooth.losses import KEYPOINTS, keypoint_matching_loss, predict_clean_from_velocity
from ..relationbooth.precision import mixed_precision
from .base import BOX_JITTER, Noise, load_base, pixel_weights, weighted_error
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import MAX_OBJECTS, Stage
from .data import Scenes, pixels
from .latents import Latents, LatentSpace, encode
from .loop import Trainer, rank, read_tensors, write_tensors
from .photos import PhotoTokens
from .vae import load_vae

RANK = 4
KML_WEIGHT = 1e-3  # the paper's λ


class KeypointTargets:
    """Photo latents and keypoints of chosen scenes, encoded once."""

    def __init__(self, data: Scenes, indices: list[int], work: Path) -> None:
        vae, space = load_vae(work), LatentSpace(work)
        photos = pixels(np.stack([data.photos(i) for i in indices]))
        parts = [space.normalise(encode(vae, part)) for part in photos.flatten(0, 1).split(inference_batch())]
        self.photo_latents = torch.cat(parts).unflatten(0, (-1, MAX_OBJECTS))
        shape = (len(indices), MAX_OBJECTS, KEYPOINTS)
        keypoints, photo_keypoints, visible = torch.zeros(*shape, 2), torch.zeros(*shape, 2), torch.zeros(shape)
        for row, i in enumerate(indices):
            for column, item in enumerate(data.objects(i)):
                here, there = torch.tensor(item["keypoints"]), torch.tensor(item["photoKeypoints"])
                inside = ((here[:, :2] >= 0) & (here[:, :2] < 1) & (there >= 0) & (there < 1)).all(dim=1)
                keypoints[row, column] = here[:, :2]
                photo_keypoints[row, column] = there
                visible[row, column] = here[:, 2] * inside
        self.keypoints, self.photo_keypoints, self.visible = (upload(x) for x in (keypoints, photo_keypoints, visible))

    def loss(self, rows: Tensor, clean: Tensor) -> Tensor:
        return keypoint_matching_loss(
            clean, self.keypoints[rows], self.photo_latents[rows], self.photo_keypoints[rows], self.visible[rows]
        )


def relation_indices(data: Scenes, relation: str) -> list[int]:
    return [i for i, meta in enumerate(data.meta) if meta["relation"] == relation]


def lora_file(work: Path, relation: str) -> Path:
    return work / "relation-loras" / relation / "pytorch_lora_weights.safetensors"


class LoraTraining:
    """The frozen base with its LoRA layers; one instance trains relation after relation."""

    def __init__(self, work: Path, data: Scenes, name: str) -> None:
        self.work, self.data = work, data
        self.text, self.latents, self.noise = TextConditions(work), Latents(work, name, len(data)), Noise()
        self.photos = PhotoTokens(work, name, len(data))
        self.base = load_base(work)
        self.layers = inject_lora(self.base.unet, RANK).to(device())

    def reset(self, seed: int) -> None:
        torch.manual_seed(seed)
        for layer in self.layers.values():
            nn.init.normal_(layer.down.weight, std=1 / RANK)
            nn.init.zeros_(layer.up.weight)
            layer.down.requires_grad_(True)
            layer.up.requires_grad_(True)

    def prepare(self, relation: str, samples: int | None = None) -> tuple[list[int], KeypointTargets]:
        """The scenes to learn `relation` from, and what their keypoints must match."""
        indices = relation_indices(self.data, relation)[:samples]
        if not indices:
            raise ValueError(f"no scene with relation {relation} in {self.data.folder}")
        return indices, KeypointTargets(self.data, indices, self.work)

    def train(self, relation: str, stage: Stage, samples: int | None = None, max_steps: int | None = None) -> None:
        """Writes relation-loras/<relation>; `samples` limits the scenes (the paper uses 4–6)."""
        target = lora_file(self.work, relation)
        if target.exists():
            return
        indices, keypoints = self.prepare(relation, samples)
        self.reset(stage.seed)
        trainer = Trainer(f"lora-{relation}", self.layers, stage, self.work)
        history: list[Tensor] = []
        while not trainer.done and (max_steps is None or trainer.step < max_steps):
            rng = np.random.default_rng((stage.seed, trainer.step, rank()))
            rows = rng.integers(0, len(indices), stage.batch)
            denoise, matching = self.losses([indices[r] for r in rows.tolist()], upload(rows), keypoints, rng)
            trainer.update(denoise + KML_WEIGHT * matching)
            history.append(torch.stack((denoise, matching)).detach())
        trainer.save()
        load_lora_average(self.layers, trainer.average)
        count = max(len(history) // 4, 1)
        first, last = torch.stack(history[:count]).mean(dim=0), torch.stack(history[-count:]).mean(dim=0)
        trainer.log.write(
            step=trainer.step, seconds=trainer.elapsed, samples=len(indices), denoise_first=first[0],
            denoise_last=last[0], matching_first=first[1], matching_last=last[1],
        )
        if rank() == 0:
            write_tensors(target, lora_state(self.layers), {"relation": relation, "rank": RANK})

    def losses(
        self, scenes: list[int], rows: Tensor, keypoints: KeypointTargets, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        captions = []
        for i in scenes:
            pool = self.data.meta[i]["captions"]["relation"]
            captions.append(pool[int(rng.integers(len(pool)))])
        context, pooled = self.text.captions(captions)
        objects = gather_objects(self.data, self.photos, scenes, self.text, rng, BOX_JITTER)
        clean = self.latents(np.array(scenes))
        timesteps = self.noise.sample(len(scenes), rng)
        noisy, target = self.noise.add(clean, torch.randn_like(clean), timesteps)
        with mixed_precision():
            with torch.no_grad():
                tokens = object_tokens(objects, self.base.resampler)
            arguments = unet_arguments(context, pooled, tokens, objects.boxes)
            velocity = self.base.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample
        velocity = velocity.float()
        error = weighted_error(velocity, target, pixel_weights(self.data, scenes, objects.boxes))
        denoise = (error * self.noise.weight(timesteps)).mean()
        estimate = predict_clean_from_velocity(noisy, velocity, self.noise.at(timesteps))
        return denoise, keypoints.loss(rows, estimate).mean()

    def use(self, relation: str | None) -> None:
        """Switch the layers to a trained relation, or off."""
        for layer in self.layers.values():
            layer.scale = 0.0 if relation is None else 1.0
        if relation is not None:
            load_lora(self.layers, read_tensors(lora_file(self.work, relation))[0])


@torch.no_grad()
def load_lora_average(layers: nn.ModuleDict, average: dict[str, Tensor]) -> None:
    for name, value in average.items():
        layers.get_parameter(name).copy_(value)
