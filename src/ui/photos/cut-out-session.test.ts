import { expect, it } from 'vitest';
import { type MaskChange } from '../../workers/photo-protocol.ts';
import { openCutOut, type CutOutSession, type MaskWorker } from './cut-out-session.ts';

interface Watched {
  readonly session: CutOutSession;
  readonly asked: unknown[];
  readonly views: string[];
  readonly errors: unknown[];
}

/** A session whose worker remembers what it was asked, and fails where the list says so. */
function watch(failing: readonly MaskChange['kind'][] = []): Watched {
  const asked: unknown[] = [];
  const views: string[] = [];
  const errors: unknown[] = [];
  const worker: MaskWorker<string> = {
    open() {
      asked.push('open');
      return Promise.resolve('opened');
    },
    change(change) {
      asked.push(change);
      return failing.includes(change.kind) ? Promise.reject(new Error('no')) : Promise.resolve(change.kind);
    },
    save() {
      asked.push('save');
      return Promise.resolve(new Blob());
    },
  };
  const session = openCutOut(
    worker,
    (view) => views.push(view),
    (error) => errors.push(error),
  );
  return { session, asked, views, errors };
}

const stroke = (x: number, begins: boolean): MaskChange => ({
  kind: 'stroke',
  points: [{ x, y: 0 }],
  radius: 0.1,
  keep: false,
  begins,
});

it('asks for one thing at a time and joins what waits of one stroke', async () => {
  const { session, asked } = watch();
  session.change(stroke(0, true));
  session.change(stroke(1, false));
  session.change(stroke(2, false));
  session.change(stroke(3, true));
  session.change({ kind: 'feather', feather: 0.1 });
  session.change({ kind: 'feather', feather: 0.2 });
  expect(asked).toEqual(['open']);
  await session.save();
  expect(asked).toEqual([
    'open',
    { ...stroke(0, true), points: [0, 1, 2].map((x) => ({ x, y: 0 })) },
    stroke(3, true),
    { kind: 'feather', feather: 0.2 },
    'save',
  ]);
});

it('goes on with changes that come after a pause', async () => {
  const { session, views } = watch();
  await session.save();
  session.change({ kind: 'keep-all' });
  await session.save();
  session.change({ kind: 'undo' });
  await session.save();
  expect(views).toEqual(['opened', 'keep-all', 'undo']);
});

it('asks for nothing more once it is closed', async () => {
  const { session, asked } = watch();
  session.change({ kind: 'keep-all' });
  session.close();
  await session.save();
  expect(asked).toEqual(['open', 'save']);
});

it('reports a change that failed and goes on with the next', async () => {
  const { session, views, errors } = watch(['background']);
  session.change({ kind: 'background', tolerance: 0.1 });
  session.change({ kind: 'undo' });
  await session.save();
  expect(views).toEqual(['opened', 'undo']);
  expect(errors).toEqual([new Error('no')]);
});
