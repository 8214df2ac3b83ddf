"""Stage 7: one RelationLoRA a relation, with the keypoint matching loss (paper eq. 5–7), or one of its variants.

The base model is frozen. Writes relation-loras/<relation>/, variants relation-loras-<variant>/<relation>/.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..relationbooth.device import device, inference_batch, upload
from ..relationbooth.local_tokens import GRID
from ..relationbooth.lora import inject_lora, load_lora, lora_state
from ..relationbooth.losses import KEYPOINTS, keypoint_matching_loss, predict_clean
from ..relationbooth.precision import mixed_precision
from .base import BOX_JITTER, PREDICTION, Noise, load_base, pixel_weights, weighted_error
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import MAX_OBJECTS, Stage
from .data import Scenes, pixels
from .latents import Latents, LatentSpace, encode
from .loop import Trainer, rank, read_tensors, write_tensors
from .photo_sources import EncodedPhotos, OwnPhotos, PhotoSource, SceneCuts
from .photos import PhotoTokens
from .relation_word import RelationWord
from .vae import load_vae
from .variants import FULL, VARIANTS, folder_name

RANK = 4


class KeypointTargets:
    """Photo latents and keypoints of chosen scenes, encoded once."""

    def __init__(self, data: Scenes, indices: list[int], work: Path, source: PhotoSource) -> None:
        vae, space = load_vae(work), LatentSpace(work)
        photos = pixels(np.stack([source.pictures(i) for i in indices]))
        parts = [space.normalise(encode(vae, part)) for part in photos.flatten(0, 1).split(inference_batch())]
        self.photo_latents = torch.cat(parts).unflatten(0, (-1, MAX_OBJECTS))
        shape = (len(indices), MAX_OBJECTS, KEYPOINTS)
        keypoints, photo_keypoints, visible = torch.zeros(*shape, 2), torch.zeros(*shape, 2), torch.zeros(shape)
        for row, i in enumerate(indices):
            for column, (item, places) in enumerate(zip(data.objects(i), source.keypoints(i), strict=True)):
                here, there = torch.tensor(item["keypoints"]), torch.from_numpy(places)
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


def lora_file(work: Path, relation: str, variant: str = FULL) -> Path:
    """What a relation's training leaves; a learned word has a name of its own."""
    name = "relation_word.safetensors" if VARIANTS[variant].word else "pytorch_lora_weights.safetensors"
    return work / folder_name(variant) / relation / name


class LoraTraining:
    """The frozen base with its LoRA layers, or a new word; one instance trains relation after relation."""

    def __init__(self, work: Path, data: Scenes, name: str, variant: str = FULL) -> None:
        self.work, self.data, self.variant, self.settings = work, data, variant, VARIANTS[variant]
        self.text, self.latents, self.noise = TextConditions(work), Latents(work, name, len(data)), Noise()
        self.source: PhotoSource = OwnPhotos(data) if self.settings.other_poses else SceneCuts(data)
        stored = self.settings.other_poses and self.settings.grid == GRID
        self.photos = PhotoTokens(work, name, len(data)) if stored else EncodedPhotos(work, self.source, self.settings.grid)
        self.base = load_base(work)
        self.layers = inject_lora(self.base.unet, RANK).to(device())
        self.word = RelationWord(self.text).to(device()) if self.settings.word else None

    @property
    def trained(self) -> nn.Module:
        return self.layers if self.word is None else self.word

    def reset(self, seed: int) -> None:
        torch.manual_seed(seed)
        learns = self.word is None
        if self.word is not None:
            self.word = RelationWord(self.text).to(device())
        for layer in self.layers.values():
            layer.reset()
            layer.down.requires_grad_(learns)
            layer.up.requires_grad_(learns)

    def prepare(self, relation: str, samples: int | None = None) -> tuple[list[int], KeypointTargets]:
        """The scenes to learn `relation` from, and what their keypoints must match."""
        indices = relation_indices(self.data, relation)[:samples]
        if not indices:
            raise ValueError(f"no scene with relation {relation} in {self.data.folder}")
        return indices, KeypointTargets(self.data, indices, self.work, self.source)

    def train(self, relation: str, stage: Stage, samples: int | None = None, max_steps: int | None = None) -> None:
        """Writes the relation's file; `samples` limits the scenes (the paper uses 4–6)."""
        target = lora_file(self.work, relation, self.variant)
        if target.exists():
            return
        indices, keypoints = self.prepare(relation, samples)
        self.reset(stage.seed)
        prefix = "lora" if self.variant == FULL else f"lora-{self.variant}"
        trainer = Trainer(f"{prefix}-{relation}", self.trained, stage, self.work)
        history: list[Tensor] = []
        while not trainer.done and (max_steps is None or trainer.step < max_steps):
            rng = np.random.default_rng((stage.seed, trainer.step, rank()))
            rows = rng.integers(0, len(indices), stage.batch)
            denoise, matching = self.losses([indices[r] for r in rows.tolist()], upload(rows), keypoints, rng)
            trainer.update(denoise + self.settings.matching_weight * matching)
            history.append(torch.stack((denoise, matching)).detach())
        trainer.save()
        load_average(self.trained, trainer.average)
        if history:  # none where a run was killed between the last step and this line
            count = max(len(history) // 4, 1)
            first, last = torch.stack(history[:count]).mean(dim=0), torch.stack(history[-count:]).mean(dim=0)
            trainer.log.write(
                step=trainer.step, seconds=trainer.elapsed, samples=len(indices), denoise_first=first[0],
                denoise_last=last[0], matching_first=first[1], matching_last=last[1],
            )
        if rank() == 0:
            state = self.word.state() if self.word else {k: v.half() for k, v in lora_state(self.layers).items()}
            write_tensors(target, state, {"relation": relation} if self.word else {"relation": relation, "rank": RANK})

    def captions(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        return self.text.captions(texts) if self.word is None else self.word.captions(self.text, texts)

    def losses(
        self, scenes: list[int], rows: Tensor, keypoints: KeypointTargets, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        captions = []
        for i in scenes:
            pool = self.data.meta[i]["captions"]["relation"]
            captions.append(pool[int(rng.integers(len(pool)))])
        context, pooled = self.captions(captions)
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
        estimate = predict_clean(PREDICTION, noisy, velocity, self.noise.at(timesteps))
        return denoise, keypoints.loss(rows, estimate).mean()

    def use(self, relation: str | None) -> None:
        """Switch the layers to a trained relation, or off."""
        for layer in self.layers.values():
            layer.scale = 0.0 if relation is None else 1.0
        if relation is not None:
            load_lora(self.layers, read_tensors(lora_file(self.work, relation, self.variant))[0])


@torch.no_grad()
def load_average(model: nn.Module, average: dict[str, Tensor]) -> None:
    for name, value in average.items():
        model.get_parameter(name).copy_(value)
