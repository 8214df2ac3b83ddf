"""Turns annotations into what the U-Net is conditioned on: text context, pooled text, object tokens, box masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..relationbooth.attention import object_masks
from ..relationbooth.device import device, upload
from ..relationbooth.precision import mixed_precision
from ..relationbooth.resampler import Resampler
from .clip import load_clip
from .config import LATENT, MAX_OBJECTS, PICTURE
from .data import Scenes
from .tokenizer import Tokenizers

# The U-Net's attention resolutions: none at 32×32, as in SDXL's first level.
ATTENTION_SIZES = [(LATENT // 2, LATENT // 2), (LATENT // 4, LATENT // 4)]
TIME_IDS = (PICTURE, PICTURE, 0, 0, PICTURE, PICTURE)


class TextConditions:
    """Frozen text towers: captions → (context [B,77,320], pooled [B,192]); phrases → [B,128]."""

    def __init__(self, work: Path) -> None:
        _, self.text, self.text_2 = load_clip(work)
        self.tokenizers = Tokenizers(work)
        self.phrases: dict[str, Tensor] = {}
        self.no_phrase = torch.zeros(self.text.config.hidden_size, device=device())

    @torch.no_grad()
    def captions(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        ids, ids_2 = self.tokenizers(texts)
        with mixed_precision():
            first = self.text(input_ids=ids, output_hidden_states=True).hidden_states[-2]
            second = self.text_2(input_ids=ids_2, output_hidden_states=True)
        context = torch.cat((first.float(), second.hidden_states[-2].float()), dim=-1)
        return context, second.text_embeds.float()

    @torch.no_grad()
    def phrase(self, text: str) -> Tensor:
        """Pooled class phrase of the first tower [128]; cached, there are few."""
        if text not in self.phrases:
            ids, _ = self.tokenizers([text], trim=True)
            self.phrases[text] = self.text(input_ids=ids).pooler_output[0]
        return self.phrases[text]


@dataclass(frozen=True)
class Objects:
    """Objects of a batch, padded to two: photo tokens [B,2,L,D], phrases [B,2,128], boxes [B,2,4] (zero
    when absent); all on the device."""

    photos: Tensor
    phrases: Tensor
    boxes: Tensor


def gather_objects(
    data: Scenes,
    photos: Callable[[list[int]], Tensor],
    indices: list[int],
    text: TextConditions,
    rng: np.random.Generator | None = None,
    box_jitter: float = 0.0,
) -> Objects:
    """`photos` gives the photo tokens of scenes, as `PhotoTokens` does; `rng` switches on box augmentation (training)."""
    count = len(indices)
    boxes = torch.zeros(count, MAX_OBJECTS, 4)
    phrases: list[Tensor] = []
    for row, i in enumerate(indices):
        objects = data.objects(i)
        for column, item in enumerate(objects):
            boxes[row, column] = torch.tensor(item["box"])
            phrases.append(text.phrase(item["phrase"]))
        phrases += [text.no_phrase] * (MAX_OBJECTS - len(objects))
    if rng is not None:
        noise = torch.from_numpy(rng.uniform(-box_jitter, box_jitter, boxes.shape)).float()
        boxes = torch.where(boxes.sum(-1, keepdim=True) > 0, (boxes + noise).clamp(0, 1), boxes)
    return Objects(photos(indices), torch.stack(phrases).unflatten(0, (count, MAX_OBJECTS)), upload(boxes))


def object_tokens(objects: Objects, resampler: Resampler, drop_grounding: Tensor | None = None) -> Tensor:
    """[B,2,16,320]; absent objects get tokens too, but no position attends to them."""
    flat = (x.flatten(0, 1) for x in (objects.photos, objects.phrases, objects.boxes))
    return resampler(*flat, drop_grounding).unflatten(0, objects.boxes.shape[:2])


def unet_arguments(context: Tensor, pooled: Tensor, tokens: Tensor | None, boxes: Tensor, scale: float = 1.0) -> dict:
    """Keyword arguments of UNet2DConditionModel.forward after (sample, timestep)."""
    # Uploaded, not made there: `torch.tensor` on a card waits for it.
    time_ids = upload(np.tile(np.array(TIME_IDS, np.float32), (len(context), 1)))
    image = {} if tokens is None else {"image_tokens": tokens, "masks": object_masks(boxes, ATTENTION_SIZES), "image_scale": scale}
    return {
        "encoder_hidden_states": context,
        "added_cond_kwargs": {"text_embeds": pooled, "time_ids": time_ids},
        "cross_attention_kwargs": image or None,
    }
