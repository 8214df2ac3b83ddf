"""Small pictures resized by Pillow and prepared by transformers: tests/golden/data/images.json.

    python tests/golden/make_image_goldens.py

Both passes are asked for one by one, columns of width first, since newer Pillows choose their order by shape.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers import CLIPImageProcessorPil

SHAPES = (((9, 12), (4, 5)), ((4, 3), (7, 8)), ((5, 21), (5, 4)), ((13, 3), (2, 6)))
ENCODER_SIZE = 8


def resized(image: Image.Image, width: int, height: int) -> Image.Image:
    bicubic = Image.Resampling.BICUBIC
    return image.resize((width, image.height), bicubic).resize((width, height), bicubic)


def as_json(image: Image.Image) -> dict[str, object]:
    return {"width": image.width, "height": image.height, "rgb": np.asarray(image).tobytes().hex()}


def main() -> None:
    random = np.random.default_rng(7)
    cases = []
    for (height, width), (to_height, to_width) in SHAPES:
        noise = random.integers(0, 256, (height, width, 3))
        # Black and white neighbours make the kernel overshoot, so that clamping is seen.
        extremes = random.integers(0, 2, (height, width, 3)) * 255
        pixels = np.where(random.random((height, width, 3)) < 0.4, extremes, noise).astype(np.uint8)
        image = Image.fromarray(pixels)
        cases.append({"source": as_json(image), "target": as_json(resized(image, to_width, to_height))})

    photo = Image.fromarray(random.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    processor = CLIPImageProcessorPil(size={"shortest_edge": ENCODER_SIZE}, crop_size=ENCODER_SIZE)
    values = processor(resized(photo, 512, 512), return_tensors="np").pixel_values[0]
    golden = {
        "versions": {"pillow": PIL.__version__, "transformers": transformers.__version__, "numpy": np.__version__},
        "resize": cases,
        "preprocess": {
            "source": as_json(photo),
            "size": ENCODER_SIZE,
            "pixels": [round(float(value), 7) for value in values.ravel()],
        },
    }
    target = Path(__file__).parent / "data" / "images.json"
    target.write_text(json.dumps(golden, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
