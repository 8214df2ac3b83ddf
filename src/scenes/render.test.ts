import { describe, expect, it } from 'vitest';
import { decodeNpy } from '../weights/npy.ts';
import { composeScene } from './compose.ts';
import { createNodeCanvasFactory } from './node-canvas.ts';
import { renderPhoto } from './photo.ts';
import { RELATIONS } from './relations/index.ts';
import { renderScene } from './render.ts';
import { renderShard, type DatasetOptions } from './shard.ts';

const SIZE = 128;
const canvas = createNodeCanvasFactory();
const every = ['none', ...RELATIONS.map((relation) => relation.id)];

describe('renderScene', () => {
  it('draws the same pixels for the same scene, whatever was drawn before', () => {
    const scene = composeScene({ seed: 4, split: 'train' });
    const first = renderScene(canvas, scene, SIZE).pixels;
    renderScene(canvas, composeScene({ seed: 5, split: 'train' }), SIZE);
    expect(renderScene(createNodeCanvasFactory(), scene, SIZE).pixels).toEqual(first);
  });

  it.each(every)('shows every object of "%s" inside a box that is tight around its mask', (relation) => {
    for (let seed = 0; seed < 6; seed += 1) {
      const scene = composeScene({ seed, split: 'train', relations: [relation] });
      for (const { box, mask } of renderScene(canvas, scene, SIZE).objects) {
        const side = SIZE / 4;
        const [x0, y0, x1, y1] = box;
        expect(x0).toBeGreaterThanOrEqual(0);
        expect(y0).toBeGreaterThanOrEqual(0);
        expect(x1).toBeLessThanOrEqual(1);
        expect(y1).toBeLessThanOrEqual(1);
        const covered = [...mask].flatMap((value, index) => (value > 160 ? [index] : []));
        expect(covered.length, `${relation} ${seed}`).toBeGreaterThan(side * side * 0.01);
        const columns = covered.map((index) => index % side);
        const rows = covered.map((index) => Math.floor(index / side));
        const slack = 2.5 / side;
        expect(Math.abs(Math.min(...columns) / side - x0)).toBeLessThan(slack);
        expect(Math.abs((Math.max(...columns) + 1) / side - x1)).toBeLessThan(slack);
        expect(Math.abs(Math.min(...rows) / side - y0)).toBeLessThan(slack);
        expect(Math.abs((Math.max(...rows) + 1) / side - y1)).toBeLessThan(slack);
      }
    }
  });

  it('puts visible keypoints inside the box of their object', () => {
    for (let seed = 0; seed < 60; seed += 1) {
      for (const { box, keypoints } of renderScene(canvas, composeScene({ seed, split: 'train' }), SIZE)
        .objects) {
        expect(keypoints).toHaveLength(17);
        expect(keypoints.filter(([, , visible]) => visible === 1).length).toBeGreaterThan(5);
        for (const [x, y, visible] of keypoints) {
          if (visible === 0) continue;
          expect(x).toBeGreaterThan(box[0] - 0.02);
          expect(x).toBeLessThan(box[2] + 0.02);
          expect(y).toBeGreaterThan(box[1] - 0.02);
          expect(y).toBeLessThan(box[3] + 0.02);
        }
      }
    }
  });

  it.each(RELATIONS.map((relation) => [relation.id, relation.boxes] as const))(
    'draws "%s" about where its preset boxes are',
    (id, boxes) => {
      const sums = boxes.map(() => [0, 0]);
      const count = 24;
      for (let seed = 0; seed < count; seed += 1) {
        const { objects } = renderScene(canvas, composeScene({ seed, split: 'train', relations: [id] }), 64);
        for (const [index, { box }] of objects.entries()) {
          const sum = sums[index];
          if (sum === undefined) throw new Error('Expected a preset box for every object.');
          sum[0] = (sum[0] ?? 0) + (box[2] - box[0]) / count;
          sum[1] = (sum[1] ?? 0) + (box[1] + box[3]) / 2 / count;
        }
      }
      for (const [index, box] of boxes.entries()) {
        expect(Math.abs((sums[index]?.[0] ?? 0) - (box[2] - box[0]))).toBeLessThan(0.08);
        expect(Math.abs((sums[index]?.[1] ?? 0) - (box[1] + box[3]) / 2)).toBeLessThan(0.08);
      }
    },
  );

  it('paints the whole picture', () => {
    const { pixels } = renderScene(canvas, composeScene({ seed: 9, split: 'train' }), SIZE);
    expect(pixels).toHaveLength(SIZE * SIZE * 4);
    expect(pixels.filter((_value, index) => index % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
  });
});

describe('renderPhoto', () => {
  it('shows the whole character, in other poses for other seeds', () => {
    const identity = composeScene({ seed: 1, split: 'train' }).objects[0]?.identity;
    if (identity === undefined) throw new Error('Expected an object.');
    const one = renderPhoto(canvas, identity, 1, 64);
    const other = renderPhoto(canvas, identity, 2, 64);
    expect(one.keypoints).not.toEqual(other.keypoints);
    for (const { x, y } of [...one.keypoints, ...other.keypoints]) {
      expect(x).toBeGreaterThan(0.05);
      expect(x).toBeLessThan(0.95);
      expect(y).toBeGreaterThan(0.05);
      expect(y).toBeLessThan(0.98);
    }
  });
});

describe('renderShard', () => {
  const options: DatasetOptions = {
    count: 5,
    seed: 3,
    size: 64,
    photoSize: 32,
    maxObjects: 2,
    shardSize: 3,
    split: 'train',
    relations: undefined,
  };
  const read = (shard: number): ReturnType<typeof decodeNpy>[] =>
    renderShard(canvas, options, shard, () => undefined)
      .filter((file) => file.name.endsWith('.npy'))
      .map((file) => decodeNpy(file.bytes));

  it('writes arrays of the promised shapes, the last shard shorter', () => {
    expect(read(0).map((array) => array.shape)).toEqual([
      [3, 64, 64, 3],
      [3, 2, 32, 32, 3],
      [3, 2, 16, 16],
    ]);
    expect(read(1).map((array) => array.shape)).toEqual([
      [2, 64, 64, 3],
      [2, 2, 32, 32, 3],
      [2, 2, 16, 16],
    ]);
    expect(read(0)).toEqual(read(0));
  });

  it('tells a line of each scene', () => {
    let drawn = 0;
    const meta = renderShard(canvas, options, 0, () => {
      drawn += 1;
    }).find((file) => file.name === 'meta-00000.jsonl');
    const lines = new TextDecoder().decode(meta?.bytes).trim().split('\n');
    expect(drawn).toBe(3);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      seed: 3,
      relation: composeScene({ seed: 3, split: 'train' }).relation,
    });
  });
});
