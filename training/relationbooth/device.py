"""Where networks compute: an NVIDIA card when PyTorch finds one, else the processor. Every stage asks here.

`RELATIONBOOTH_DEVICE` or `--device` decides otherwise ("cpu", "cuda", "cuda:1"). Under torchrun each process takes
the card of its LOCAL_RANK.
"""

from __future__ import annotations

import os
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

VARIABLE = "RELATIONBOOTH_DEVICE"
# Some stages run in process 0 alone while the others wait: encoding a large data set takes hours.
WAIT = timedelta(hours=24)

_chosen: torch.device | None = None


def choose_device(name: str | None = None) -> torch.device:
    """Fix the device of this process. `name` goes before the environment, the environment before what is found."""
    global _chosen
    wanted = name or os.environ.get(VARIABLE) or ("cuda" if torch.cuda.is_available() else "cpu")
    found = torch.device(wanted)
    if found.type == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(f"device {wanted}: this PyTorch finds no NVIDIA card; choose cpu, or install a build with CUDA")
        local = int(os.environ.get("LOCAL_RANK", "0"))
        found = found if found.index is not None else torch.device("cuda", local)
        if found.index >= torch.cuda.device_count():
            raise ValueError(f"device {found}: there are {torch.cuda.device_count()} cards")
        torch.cuda.set_device(found)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    _chosen = found
    return found


def device() -> torch.device:
    return _chosen if _chosen is not None else choose_device()


def upload(values: np.ndarray | Tensor) -> Tensor:
    """An array or a processor's tensor on the device; on a card through pinned memory, without waiting."""
    tensor = torch.from_numpy(values) if isinstance(values, np.ndarray) else values
    target = device()
    if target.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(target)
    return tensor.pin_memory().to(target, non_blocking=True)


def inference_batch() -> int:
    """Pictures encoded at once without gradients."""
    return 32 if device().type == "cpu" else 256


def join_processes() -> None:
    """Under torchrun with more than one process: data-parallel training, over NCCL on cards, else over gloo."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device().type == "cuda" else "gloo", timeout=WAIT)
