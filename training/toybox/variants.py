"""The benchmark's other ways to learn a relation: one thing left out or changed at a time (paper Tables 4, 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

from ..relationbooth.local_tokens import GRID


@dataclass(frozen=True)
class Variant:
    """`other_poses`: photos show their objects in another pose than the scene (relation-aware data), else they are cut from it.
    `word`: a new word is learned instead of a LoRA. `grid`: local tokens are `grid`² cells."""

    matching_weight: float = 1e-3  # the paper's λ
    other_poses: bool = True
    word: bool = False
    grid: int = GRID


FULL = "full"
VARIANTS = {
    FULL: Variant(),
    "no-kml": Variant(matching_weight=0.0),
    "no-relation-data": Variant(other_poses=False),
    "text-inversion": Variant(matching_weight=0.0, word=True),
    "lambda-1e-2": Variant(matching_weight=1e-2),
    "lambda-1e-4": Variant(matching_weight=1e-4),
    "local-4": Variant(grid=2),
    "local-64": Variant(grid=8),
}


def folder_name(variant: str) -> str:
    return "relation-loras" if variant == FULL else f"relation-loras-{variant}"
