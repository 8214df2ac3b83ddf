"""Golden values of the samplers, from the scheduler classes of diffusers.

Run from the repository's root:

    python tests/golden/make_sampling_goldens.py

Needs torch 2.13.0, diffusers 0.42.1, numpy. Writes tests/golden/data/sampling.json: for every case the
timesteps, the first noise scale and all samples of a short trajectory of eight numbers. Network and noise
are formulas, so that the file holds outputs only:

    start[i]           = cos(12.9898 (i + 1)) * 1.3
    noise at step k    = cos(78.233 (8 k + i + 1)) * 1.3
    network(x, t)[i]   = sin(1.3 x[i] + 0.01 t + i)
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
)
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import rescale_noise_cfg
from diffusers.schedulers import scheduling_euler_ancestral_discrete, scheduling_lcm

LENGTH = 8
OUT = Path(__file__).parent / "data" / "sampling.json"

SDXL = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
ZERO_SNR = {
    **SDXL,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
CONFIGS = {
    "sdxl": SDXL,
    "sdxl-linspace": {**SDXL, "timestep_spacing": "linspace"},
    "sdxl-karras": {**SDXL, "use_karras_sigmas": True},
    "sample-linear": {**SDXL, "prediction_type": "sample", "beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02},
    "zero-snr-v": ZERO_SNR,
}
# The kinds of src/shared/request.ts.
SAMPLERS = {
    "euler": (EulerDiscreteScheduler, {}),
    "euler-trailing": (EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "euler-ancestral": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, {}),
    "dpmpp-2m": (DPMSolverMultistepScheduler, {}),
    "dpmpp-2m-karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "lcm": (LCMScheduler, {}),
}
NOT_IN_DIFFUSERS = {("sample-linear", "euler-ancestral")}
STEPS = {"sdxl": [1, 4, 16, 30], "zero-snr-v": [4, 25], "sdxl-linspace": [7], "sdxl-karras": [12], "sample-linear": [6]}


def ramp(scale: float, offset: int) -> torch.Tensor:
    index = np.arange(LENGTH, dtype=np.float64) + offset + 1
    return torch.from_numpy((np.cos(scale * index) * 1.3).astype(np.float32))


class FormulaNoise:
    """Stands in for `randn_tensor`: successive draws of the noise formula."""

    def __init__(self) -> None:
        self.draws = 0

    def __call__(self, shape, **_) -> torch.Tensor:
        assert tuple(shape) == (LENGTH,)
        noise = ramp(78.233, self.draws * LENGTH)
        self.draws += 1
        return noise


def network(x: torch.Tensor, t: float) -> torch.Tensor:
    values = np.sin(1.3 * x.numpy().astype(np.float64) + 0.01 * float(t) + np.arange(LENGTH))
    return torch.from_numpy(values.astype(np.float32))


def trajectory(kind: str, config: dict, steps: int) -> dict:
    cls, override = SAMPLERS[kind]
    scheduler = cls.from_config({**config, **override})
    scheduler.set_timesteps(steps)
    assert len(scheduler.timesteps) == steps
    if hasattr(scheduler, "set_begin_index"):
        # Rounded Karras timesteps of a zero-SNR schedule start with 999 twice; looking the first one up skips a level.
        scheduler.set_begin_index(0)
    noise = FormulaNoise()
    scheduling_euler_ancestral_discrete.randn_tensor = noise
    scheduling_lcm.randn_tensor = noise
    scale = float(scheduler.init_noise_sigma)
    x = ramp(12.9898, 0) * scale
    samples = []
    for t in scheduler.timesteps:
        prediction = network(scheduler.scale_model_input(x, t), t)
        x = scheduler.step(prediction, t, x).prev_sample
        samples.append([float(f"{v:.8g}") for v in x.tolist()])
    return {
        "timesteps": [float(t) for t in scheduler.timesteps],
        "initialNoiseScale": scale,
        # First, second and last steps locate a fault; the last carries every one before it.
        "samples": {str(k): samples[k] for k in sorted({0, min(1, steps - 1), steps // 2, steps - 1})},
    }


def trailing_table() -> dict:
    """Timesteps for every count up to 128 but the one where NumPy's arange yields one element too many."""
    table = {}
    for steps in [*range(1, 61), 64, 80, 96, 100, 128]:
        scheduler = EulerDiscreteScheduler.from_config({**SDXL, "timestep_spacing": "trailing"})
        scheduler.set_timesteps(steps)
        table[str(steps)] = [int(t) for t in scheduler.timesteps]
    return table


def main() -> None:
    cases = []
    for name, config in CONFIGS.items():
        for kind in SAMPLERS:
            if (name, kind) in NOT_IN_DIFFUSERS:
                continue
            for steps in STEPS[name]:
                cases.append({"config": name, "sampler": kind, "steps": steps, **trajectory(kind, config, steps)})
    unconditional, conditional = ramp(12.9898, 0), ramp(78.233, 0)
    guided = unconditional + 5.0 * (conditional - unconditional)
    rescaled = rescale_noise_cfg(guided[None], conditional[None], guidance_rescale=0.5)[0]
    schedules = {
        name: {
            "alphasCumprod": {i: float(scheduler.alphas_cumprod[i]) for i in (0, 1, 500, 998, 999)},
            "sigmas": {i: float(scheduler.sigmas[999 - i]) for i in (0, 1, 500, 998)},
        }
        for name in CONFIGS
        for scheduler in [EulerDiscreteScheduler.from_config(CONFIGS[name])]
    }
    golden = {
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__, "numpy": np.__version__},
        "configs": CONFIGS,
        "schedules": schedules,
        "cases": cases,
        "trailing": trailing_table(),
        "guidance": {"scale": 5.0, "rescale": 0.5, "guided": guided.tolist(), "rescaled": rescaled.tolist()},
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden) + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes, {len(cases)} trajectories")


if __name__ == "__main__":
    main()
