"""A picture encoder that never saw a label: self-distillation without labels (DINO, Caron et al. 2021), in small.

Student and averaged teacher see two views of one character; the student predicts the teacher's soft assignment to
prototypes, which is centred and sharpened so that not all pictures get the same. The projector is thrown away; the
judge's `embedding` is what two pictures are compared by.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.func import functional_call

from ..relationbooth.device import upload
from ..relationbooth.precision import mixed_precision
from ..toybox.config import PICTURE
from ..toybox.data import Scenes, pixels
from .network import SIDE, Judge

WIDTH, PROTOTYPES = 64, 256
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE, CENTRE_MOMENTUM = 0.1, 0.05, 0.9
SMALLEST = 0.45  # of the picture's side, in a view
TINT = 0.15  # brightness and contrast change by at most this share; hues say who a character is
EMBEDDING = "embedding"


class Distilled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.judge = Judge(3, {EMBEDDING: WIDTH})
        self.projector = nn.Sequential(nn.Linear(WIDTH, 256), nn.GELU(), nn.Linear(256, PROTOTYPES, bias=False))
        self.register_buffer("centre", torch.zeros(PROTOTYPES))

    def forward(self, pictures: Tensor) -> Tensor:
        """[B,3,96,96] → assignments before temperature and softmax [B,256]"""
        embedding = self.judge(pictures.contiguous(memory_format=torch.channels_last))[0][EMBEDDING]
        return self.projector(F.normalize(embedding, dim=-1))


def character_pictures(data: Scenes, pairs: list[tuple[int, int]], from_scene: list[bool]) -> Tensor:
    """Photos of characters, or their boxes cut from the scene, [B,3,96,96] in −1..1."""
    found = []
    for (i, which), cut in zip(pairs, from_scene, strict=True):
        picture = Image.fromarray(np.ascontiguousarray(data.photos(i)[which]))
        if cut:
            corners = [round(v * PICTURE) for v in data.objects(i)[which]["box"]]
            picture = Image.fromarray(data.scene(i)).crop(tuple(corners))
        found.append(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)))
    return pixels(np.stack(found))


def view(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """A random part of each picture, perhaps mirrored, a little brighter or flatter."""
    count = len(pictures)
    size = rng.uniform(SMALLEST, 1, count)
    theta = np.zeros((count, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 1, 1] = size * rng.choice((-1, 1), count), size
    theta[:, :, 2] = rng.uniform(-1, 1, (count, 2)) * (1 - size)[:, None]
    grid = F.affine_grid(upload(theta), list(pictures.shape), align_corners=False)
    tint = upload(rng.uniform(-TINT, TINT, (2, count, 1, 1, 1)).astype(np.float32))
    seen = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    return (seen * (1 + tint[0]) + tint[1]).clamp(-1, 1)


def distillation_loss(student: Distilled, teacher: dict[str, Tensor], first: Tensor, second: Tensor) -> Tensor:
    """Cross-entropy of each view's assignment with the teacher's of the other view; also moves the centre.

    `teacher` is a state dict of averaged weights.
    """
    pictures = torch.cat((first, second))
    with mixed_precision():
        with torch.no_grad():
            target = functional_call(student.eval(), teacher, pictures).float()
        guess = student.train()(pictures).float()
    wanted = ((target - student.centre) / TEACHER_TEMPERATURE).softmax(dim=-1).roll(len(first), dims=0)
    with torch.no_grad():
        student.centre.lerp_(target.mean(dim=0), 1 - CENTRE_MOMENTUM)
    return -(wanted * (guess / STUDENT_TEMPERATURE).log_softmax(dim=-1)).sum(dim=-1).mean()


@torch.no_grad()
def retrieval(judge: Judge, data: Scenes, count: int = 128) -> dict[str, float]:
    """Held-out top-1 accuracy of photo → the same character's part of its scene, among `count`."""
    pairs = [(i, 0) for i in range(min(count, len(data)))]
    photos, cuts = (
        F.normalize(judge(character_pictures(data, pairs, [cut] * len(pairs)))[0][EMBEDDING], dim=-1) for cut in (False, True)
    )
    found = (photos @ cuts.T).argmax(dim=1).cpu()
    return {"photo finds its character": float((found == torch.arange(len(pairs))).float().mean())}
