"""Stage 2: the CLIP pair. One vision tower, two text towers, contrastive, with auxiliary losses that keep detail.

Text towers read descriptions (against photos and object crops) and captions (against scenes). The Resampler reads the
vision tower's penultimate states, so a linear decoder must recover each patch's pixels from them, and attention pools
the identity's attributes; both are thrown away afterwards. Contrast alone is content with the main colours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from ..relationbooth.device import device, upload
from ..relationbooth.precision import mixed_precision
from . import config
from .config import PHOTO, Stage
from .data import Scenes, clip_pixels, pixels
from .loop import ORTHOGONAL, Trainer, rank, read_averaged, take
from .tokenizer import Tokenizers

PIXEL_WEIGHT = 2.0
ATTRIBUTE_WEIGHT = 0.3
MAX_CLASSES = 48
PROBES = ["a frog and a cat under a glowing chandelier", "a small orange dog with a blue scarf", "a boy in a park"]
# Share of the batch that is photos, object crops, and whole scenes.
PHOTOS, CROPS = 0.5, 0.2


def build_vision() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection._from_config(CLIPVisionConfig(**config.VISION), attn_implementation="eager")


def build_text() -> CLIPTextModel:
    return CLIPTextModel._from_config(CLIPTextConfig(**config.TEXT), attn_implementation="eager")


def build_text_2() -> CLIPTextModelWithProjection:
    return CLIPTextModelWithProjection._from_config(CLIPTextConfig(**config.TEXT_2), attn_implementation="eager")


def jitter(photos: Tensor, rng: np.random.Generator) -> Tensor:
    """Random scale 0.85–1.15 and shift up to 8 % of [B,3,s,s]; edges repeat. No flip: identities are asymmetric."""
    count = len(photos)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = torch.from_numpy(rng.uniform(0.87, 1.18, count)).float()
    theta[:, :, 2] = torch.from_numpy(rng.uniform(-0.16, 0.16, (count, 2))).float()
    grid = F.affine_grid(theta.to(photos.device), list(photos.shape), align_corners=False)
    return F.grid_sample(photos, grid, padding_mode="border", align_corners=False)


class Attributes:
    """Class indices of the identity's string fields, learned from the data set."""

    def __init__(self, data: Scenes) -> None:
        values: dict[str, set[str]] = {}
        for meta in data.meta:
            for item in meta["objects"]:
                for key, value in item["identity"].items():
                    if isinstance(value, str | bool):
                        values.setdefault(key, set()).add(str(value))
        self.classes = {k: sorted(v) for k, v in sorted(values.items()) if 1 < len(v) <= MAX_CLASSES}
        self.index = {k: {name: i for i, name in enumerate(v)} for k, v in self.classes.items()}

    def targets(self, identities: list[dict]) -> dict[str, Tensor]:
        """Per field [B] class numbers, on the device; −100 where an identity lacks the field."""
        return {
            key: upload(np.array([lookup.get(str(one.get(key)), -100) for one in identities]))
            for key, lookup in self.index.items()
        }


class AttributeReader(nn.Module):
    """Tokens [B,n,width] → logits of each attribute, each read where a query of its own looks."""

    def __init__(self, attributes: Attributes, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(torch.randn(len(attributes.classes), width) * width**-0.5)
        self.heads = nn.ModuleDict({k: nn.Linear(width, len(v)) for k, v in attributes.classes.items()})

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        tokens = self.norm(tokens)
        seen = (self.queries @ tokens.transpose(1, 2)).softmax(dim=-1) @ tokens
        return {k: head(seen[:, i]) for i, (k, head) in enumerate(self.heads.items())}


class ClipPair(nn.Module):
    """All trained networks of the stage, with their throw-away heads."""

    def __init__(self, attributes: Attributes) -> None:
        super().__init__()
        width = config.VISION["hidden_size"]
        self.vision = build_vision()
        self.text, self.text_2 = build_text(), build_text_2()
        self.text_projection = nn.Linear(config.TEXT["hidden_size"], config.VISION["projection_dim"], bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.66))
        self.pixel_head = nn.Linear(width, 3 * config.VISION["patch_size"] ** 2)
        self.attributes = AttributeReader(attributes, width)

    def contrast(self, image: Tensor, text: Tensor) -> Tensor:
        logits = self.logit_scale.exp().clamp(max=100) * F.normalize(image.float(), dim=-1) @ F.normalize(text.float(), dim=-1).T
        same = torch.arange(len(logits), device=logits.device)
        return 0.5 * (F.cross_entropy(logits, same) + F.cross_entropy(logits.T, same))


def patches(x: Tensor) -> Tensor:
    """[B,3,s,s] → [B,n·n,3·p·p]"""
    p = config.VISION["patch_size"]
    return F.unfold(x, p, stride=p).transpose(1, 2)


def gather_batch(data: Scenes, batch: int, rng: np.random.Generator) -> tuple[Tensor, list[str], list[dict]]:
    """Pictures [B,3,128,128] in −1..1, their texts, and identities of the first entries (photos, then crops)."""
    pictures, texts, identities = [], [], []
    photos, crops = round(PHOTOS * batch), round(CROPS * batch)
    for n, i in enumerate(rng.integers(0, len(data), batch).tolist()):
        objects = data.objects(i)
        which = int(rng.integers(len(objects)))
        item = objects[which]
        if n < photos:
            picture = pixels(data.photos(i)[which])[None]
        else:
            picture = pixels(data.scene(i))[None]
            if n < photos + crops:
                picture = crop_box(picture, item["box"])
            picture = F.interpolate(picture, (PHOTO, PHOTO), mode="bilinear", antialias=True, align_corners=False)
        if n < photos + crops:
            texts.append(item["description"] if rng.random() < 0.9 else f"a photo of a {item['description']}")
            identities.append(item["identity"])
        else:
            captions = data.meta[i]["captions"]
            related = captions["relation"]
            pool = related if related and rng.random() < 0.75 else captions["neutral"]
            texts.append(pool[int(rng.integers(len(pool)))])
        pictures.append(picture)
    return torch.cat(pictures), texts, identities


def crop_box(picture: Tensor, box: list[float]) -> Tensor:
    height, width = picture.shape[-2:]
    x0, y0 = int(box[0] * width), int(box[1] * height)
    x1, y1 = max(round(box[2] * width), x0 + 8), max(round(box[3] * height), y0 + 8)
    return picture[..., y0:y1, x0:x1]


def parameter_groups(model: ClipPair, keep_texts: bool) -> list[dict]:
    """Muon takes the vision tower's inner matrices, AdamW the rest; with `keep_texts` the text towers stay as they are."""
    matrices, rest = [], []
    for name, parameter in model.named_parameters():
        if keep_texts and name.startswith("text"):
            parameter.requires_grad_(False)
            continue
        inner = name.startswith("vision.") and ".layers." in name and parameter.ndim == 2
        (matrices if inner else rest).append(parameter)
    return [{"params": rest, "lr": 1.0}, {"params": matrices, "lr": 1.0, ORTHOGONAL: True}]


def train_clip(stage: Stage, work: Path, data: Scenes, heldout: Scenes, keep_texts: bool = False) -> None:
    """`keep_texts` teaches the vision tower alone: a base model that was trained on these texts can go on."""
    torch.manual_seed(stage.seed)
    attributes = Attributes(data)
    model = ClipPair(attributes).to(device())
    trainer = Trainer("clip", model, stage, work, parameter_groups(model, keep_texts))
    tokenizers = Tokenizers(work)
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        pictures, texts, identities = gather_batch(data, stage.batch, rng)
        targets = attributes.targets(identities)
        contrast, pixel, attribute, right = clip_losses(model, jitter(pictures, rng), tokenizers(texts, trim=True), targets)
        trainer.update(contrast + PIXEL_WEIGHT * pixel + ATTRIBUTE_WEIGHT * attribute)
        if trainer.step % 50 == 0:
            trainer.log.write(
                step=trainer.step, seconds=trainer.elapsed, contrast=contrast, pixel=pixel, attributes_right=right
            )
        if trainer.due():
            trainer.save()
    trainer.save()
    model.load_state_dict(trainer.averaged())
    trainer.log.write(step=trainer.step, **retrieval(model, tokenizers, heldout), **attributes_read(model, attributes, heldout))


def clip_losses(
    model: ClipPair, pictures: Tensor, ids: tuple[Tensor, Tensor], targets: dict[str, Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Contrast of both text towers, pixel and attribute losses, and the share of attributes that were right."""
    described = len(next(iter(targets.values())))
    with mixed_precision():
        seen = model.vision(pixel_values=clip_pixels(pictures), output_hidden_states=True)
        pooled = model.text_projection(model.text(input_ids=ids[0]).pooler_output)
        pooled_2 = model.text_2(input_ids=ids[1]).text_embeds
        penultimate = seen.hidden_states[-2]
        guessed = model.pixel_head(penultimate[:, 1:])
        logits = model.attributes(penultimate[:described])
    contrast = model.contrast(seen.image_embeds, pooled) + model.contrast(seen.image_embeds, pooled_2)
    pixel = F.l1_loss(guessed.float(), patches(pictures))
    attribute = sum(F.cross_entropy(v.float(), targets[k], ignore_index=-100) for k, v in logits.items())
    right = torch.stack([(v.argmax(-1) == targets[k]).float().mean() for k, v in logits.items()]).mean()
    return contrast, pixel, attribute, right


@torch.no_grad()
def retrieval(model: ClipPair, tokenizers: Tokenizers, data: Scenes, count: int = 128) -> dict[str, float]:
    """Held-out top-1 accuracy of photo → description among `count`, for both text towers."""
    model.eval()
    count = min(count, len(data))
    photos = pixels(np.stack([data.photos(i)[0] for i in range(count)]))
    ids, ids_2 = tokenizers([data.objects(i)[0]["description"] for i in range(count)], trim=True)
    image = F.normalize(model.vision(pixel_values=clip_pixels(photos)).image_embeds, dim=-1)
    first = F.normalize(model.text_projection(model.text(input_ids=ids).pooler_output), dim=-1)
    second = F.normalize(model.text_2(input_ids=ids_2).text_embeds, dim=-1)
    same = torch.arange(count, device=image.device)
    model.train()
    return {
        "retrieval_text": float(((image @ first.T).argmax(1) == same).float().mean()),
        "retrieval_text_2": float(((image @ second.T).argmax(1) == same).float().mean()),
    }


@torch.no_grad()
def attributes_read(model: ClipPair, attributes: Attributes, data: Scenes, count: int = 256) -> dict[str, float]:
    """Share of each attribute that is read right from held-out photos."""
    model.eval()
    chosen = [(i, k) for i in range(min(count, len(data))) for k in range(len(data.objects(i)))]
    photos = pixels(np.stack([data.photos(i)[k] for i, k in chosen]))
    targets = attributes.targets([data.objects(i)[k]["identity"] for i, k in chosen])
    states = [model.vision(pixel_values=clip_pixels(part), output_hidden_states=True) for part in photos.split(64)]
    logits = model.attributes(torch.cat([state.hidden_states[-2] for state in states]))
    model.train()
    known = {k: targets[k] >= 0 for k in logits if bool((targets[k] >= 0).any())}
    return {f"{k}_read": float((logits[k].argmax(-1) == targets[k])[at].float().mean()) for k, at in known.items()}


Towers = tuple[CLIPVisionModelWithProjection, CLIPTextModel, CLIPTextModelWithProjection]


def load_clip(work: Path) -> Towers:
    """The averaged towers of `work`, frozen, float32, on the device."""
    return tuple(tower.to(device()) for tower in read_towers(work))


def read_towers(work: Path) -> Towers:
    """Like `load_clip`, on the processor."""
    state = read_averaged(work / "checkpoints" / "clip.safetensors")
    towers = (build_vision(), build_text(), build_text_2())
    for tower, prefix in zip(towers, ("vision.", "text.", "text_2."), strict=True):
        tower.load_state_dict(take(state, prefix))
        tower.requires_grad_(False).eval()
    for tower, ids in zip(towers[1:], Tokenizers(work).on_cpu(PROBES), strict=True):
        level_residual(tower, ids)
    return towers


@torch.no_grad()
def level_residual(tower: CLIPTextModel | CLIPTextModelWithProjection, ids: Tensor) -> None:
    """Scale the residual stream so that the penultimate states, the U-Net's context, have unit standard deviation.

    Every reader of the stream is a LayerNorm, so the tower's function stays; unscaled (3.5), the U-Net's text
    attention saturates within a thousand steps.
    """
    scale = 1 / tower(input_ids=ids, output_hidden_states=True).hidden_states[-2].std()
    for name, parameter in tower.named_parameters():
        if "embeddings." in name or ".out_proj." in name or ".fc2." in name:
            parameter.mul_(scale)
