import { Session } from 'node:inspector/promises';

/** Seconds of this thread by what they went to. */
export type CpuShares = Readonly<Record<string, number>>;

const IDLE = '(idle)';
/** By the function's file, or by its name where it has none. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['waiting', /^\(idle\)/],
  ['quantization', /quantize/],
  ['float16 to float32, and whether values are finite', /^halves|tensor-values\.ts|kernels\.ts/],
  ['SHA-256', /wasm/],
  ['garbage collection', /^\(garbage collector\)/],
  ['receiving (undici, sockets)', /undici|stream|node:net|node:_?http|http-source|LatinString|Latin1String/],
  ['files', /node:fs|fs\/promises|openFileHandle|writeBuffer|writeBuffers|close|ftruncate|fstat/],
];

function kindOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  const known = KINDS.find(([, pattern]) => pattern.test(`${functionName} ${url}`));
  return known?.[0] ?? 'everything else';
}

/** Runs `work` under V8's sampling profiler; its own cost is small beside kernels of milliseconds. */
export async function withCpuShares<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly shares: CpuShares }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  try {
    const result = await work();
    const { profile } = await session.post('Profiler.stop');
    const kinds = new Map(profile.nodes.map(({ id, callFrame }) => [id, kindOf(callFrame)]));
    const seconds = new Map<string, number>();
    for (const [index, node] of (profile.samples ?? []).entries()) {
      const kind = kinds.get(node) ?? IDLE;
      seconds.set(kind, (seconds.get(kind) ?? 0) + (profile.timeDeltas?.[index] ?? 0) / 1e6);
    }
    const sorted = [...seconds].toSorted(([, a], [, b]) => b - a);
    return {
      result,
      shares: Object.fromEntries(sorted.map(([kind, value]) => [kind, Number(value.toFixed(2))])),
    };
  } finally {
    session.disconnect();
  }
}
