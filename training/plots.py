"""Draw what the stages logged as one SVG: a small diagram for every value over the steps.

    python -m training.plots --work WORK --out docs/training-curves.svg
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

COLUMNS = 3
WIDTH, HEIGHT = 300, 150
LEFT, TOP, RIGHT, BOTTOM = 46, 30, 14, 26
# Bookkeeping, not results.
SKIPPED = {"step", "seconds", "samples"}
STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-weight:600;font-size:12px}.axis{stroke:#999}"
    ".curve{fill:none;stroke:#b4501e;stroke-width:1.6}circle{fill:#b4501e}"
)


@dataclass(frozen=True)
class Curve:
    """One value of one stage: (step, value) in the order of the log."""

    name: str
    points: list[tuple[float, float]]


def read_curves(log: Path) -> list[Curve]:
    """Every number that a stage logged at two or more steps."""
    values: dict[str, list[tuple[float, float]]] = {}
    for line in (json.loads(text) for text in log.read_text("utf8").splitlines()):
        for name, value in line.items():
            if name not in SKIPPED and isinstance(value, int | float) and "step" in line:
                values.setdefault(name, []).append((line["step"], value))
    return [Curve(f"{log.stem}: {name}", points) for name, points in values.items() if len(points) > 1]


def label(value: float) -> str:
    return f"{value:.3g}"


def diagram(curve: Curve, x: float, y: float) -> str:
    steps, values = zip(*curve.points, strict=True)
    low, high = min(values), max(values)
    span, last = (high - low) or 1.0, max(steps) or 1
    left, right, top, bottom = x + LEFT, x + WIDTH - RIGHT, y + TOP, y + HEIGHT - BOTTOM

    def place(step: float, value: float) -> str:
        return f"{left + (right - left) * step / last:.1f},{bottom - (bottom - top) * (value - low) / span:.1f}"

    end = place(*curve.points[-1]).split(",")
    return (
        f'<text class="title" x="{left}" y="{y + 18}">{escape(curve.name)}</text>'
        f'<path class="axis" fill="none" d="M{left},{top}V{bottom}H{right}"/>'
        f'<text x="{left - 5}" y="{top + 8}" text-anchor="end">{label(high)}</text>'
        f'<text x="{left - 5}" y="{bottom}" text-anchor="end">{label(low)}</text>'
        f'<text x="{left}" y="{bottom + 15}">0</text>'
        f'<text x="{right}" y="{bottom + 15}" text-anchor="end">step {last:g}</text>'
        f'<polyline class="curve" points="{" ".join(place(*point) for point in curve.points)}"/>'
        f'<circle cx="{end[0]}" cy="{end[1]}" r="2.5"/>'
    )


def draw(curves: list[Curve]) -> str:
    rows = -(-len(curves) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    body = "\n".join(diagram(c, WIDTH * (k % COLUMNS), HEIGHT * (k // COLUMNS)) for k, c in enumerate(curves))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    curves = [curve for log in sorted((arguments.work / "log").glob("*.jsonl")) for curve in read_curves(log)]
    if not curves:
        raise ValueError(f"{arguments.work / 'log'}: no stage logged two steps yet")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(draw(curves), "utf8")


if __name__ == "__main__":
    main()
