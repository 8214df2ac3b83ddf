"""The generations and texts that golden values exist for; imported by make_goldens.py."""

STEPS = 30
# The step whose single U-Net call is kept.
STEP = 10


def thing(photo: int, phrase: str, box: tuple[float, ...], weight: float = 1.0) -> dict:
    return {"image": f"photo-{photo}.png", "phrase": phrase, "box": list(box), "weight": weight}


def case(prompt: str, objects: list[dict], **changes: object) -> dict:
    """Fields are named as in the engine's request; square, guided, local tokens on unless changed."""
    base = {
        "prompt": prompt,
        "negativePrompt": "monochrome, lowres, bad anatomy",
        "objects": objects,
        "relation": [],
        "guidance": 5.0,
        "identityScale": 0.6,
        "localTokens": True,
        "width": 128,
        "height": 128,
        "saveKeys": False,
        "saveImage": False,
        # Changes to the checkpoint's scheduler_config.json and vae/config.json.
        "scheduler": {},
        "vae": {},
    }
    return {**base, **changes}


CASES = {
    "text-only": case("a dog riding a bicycle in the park", []),
    "one": case("a bear is dancing", [thing(1, "bear", (0.22, 0.13, 0.8, 0.93))], saveImage=True),
    # The boxes share cells at both attention resolutions; a few cells are in no box.
    "two": case(
        "a bear is hugging a rabbit",
        [thing(1, "bear", (0.03, 0.2, 0.6, 0.97)), thing(2, "rabbit", (0.45, 0.28, 0.95, 0.9))],
        relation=[{"lora": "hugging", "weight": 1.0}],
        saveKeys=True,
    ),
    # Without guidance there is no unconditional row. Wider than high.
    "three-wide": case(
        "A cat is hugging with a dog and a plushie bear.",
        [
            thing(3, "cat", (0.02, 0.3, 0.4, 0.9)),
            thing(1, "dog", (0.34, 0.1, 0.7, 0.93)),
            thing(4, "plushie bear", (0.6, 0.4, 0.98, 0.98)),
        ],
        guidance=1.0,
        width=192,
        saveImage=True,
    ),
    # Four objects of different strength, two LoRAs, no local tokens; higher than wide.
    "four-tall": case(
        "four toys are dancing together",
        [
            thing(4, "robot", (0.05, 0.04, 0.45, 0.45), 0.8),
            thing(2, "rabbit", (0.53, 0.06, 0.97, 0.55), 1.3),
            thing(3, "cat", (0.1, 0.52, 0.6, 0.93), 1.0),
            thing(1, "bear", (0.4, 0.4, 0.93, 0.97), 0.5),
        ],
        relation=[{"lora": "hugging", "weight": 0.7}, {"lora": "riding", "weight": -0.5}],
        guidance=3.5,
        identityScale=0.8,
        localTokens=False,
        height=192,
    ),
    # A model that predicts velocity, with zero terminal SNR and latents normalised per channel.
    "velocity": case(
        "a rabbit is riding a bear",
        [thing(2, "rabbit", (0.1, 0.05, 0.7, 0.6)), thing(1, "bear", (0.15, 0.45, 0.95, 0.98))],
        relation=[{"lora": "riding", "weight": 1.0}],
        guidance=2.5,
        identityScale=1.0,
        saveImage=True,
        scheduler={
            "prediction_type": "v_prediction",
            "rescale_betas_zero_snr": True,
            "timestep_spacing": "trailing",
            "steps_offset": 0,
        },
        vae={
            "scaling_factor": 1.0,
            "latents_mean": [0.3, -0.2, 0.1, 0.05],
            "latents_std": [2.0, 1.5, 2.5, 1.8],
        },
    ),
    # The paper's relation inversion: a RelationLoRA on the base model, without any photo.
    "relation-alone": case(
        "a bear is hugging a rabbit",
        [],
        relation=[{"lora": "hugging", "weight": 1.0}],
        width=64,
        height=64,
    ),
}

PROMPTS = [
    "",
    "a bear is hugging a rabbit",
    "A Bear IS Hugging A RABBIT",
    "  spaces   and\ttabs\nand new lines  ",
    "it's the dog's ball, they're playing; we've seen it. I'm sure they'll say she'd don't",
    "photo, best quality!!! (masterpiece:1.2) [blurry]",
    "3 cats and 12 dogs in 2024",
    "naïve café à la crème, Ångström, größe",
    "cafe\u0301 written with a combining accent",
    "熊が兎を抱きしめている",
    "медведь обнимает кролика",
    "party 🎉🐻 time 👩‍👩‍👧",
    "hyphen-ated well-known e-mail snake_case camelCase",
    "quotes “curly” ‘single’ — dash … dots",
    "a&amp;b &lt;tag&gt; 100% $5 #hash @at",
    "<|startoftext|> a dog <|endoftext|> a cat",
    "!!!",
    "non\u00a0breaking and zero\u200bwidth",
    "the quick brown fox jumps over the lazy dog",
    "a dog " * 60,
    "supercalifragilisticexpialidocious " * 12,
]
