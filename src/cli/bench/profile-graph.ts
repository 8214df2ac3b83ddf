import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GraphModel } from '../../gpu/runtime/runtime.ts';
import type { BenchProvider } from './compare.ts';
import { type Profile, readProfile } from './ort-profile.ts';

const CHILD = fileURLToPath(new URL('./profile-graph-child.ts', import.meta.url));
/** A profile of a thousand nodes and five runs is 4 MB. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Names inside the folder that the child reads. */
export const PROFILED = { graph: 'graph.json', model: 'model.onnx', output: 'run' } as const;

/**
 * Time by operator of one graph, in a process of its own: the CPU provider writes its events to a file, the
 * WebAssembly build, which has no files, to the process's output.
 */
export async function profileGraph(
  model: GraphModel,
  readShard: (shard: string) => Promise<Uint8Array>,
  folder: string,
  { provider, threads }: { readonly provider: BenchProvider; readonly threads: number },
): Promise<Profile> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { bytes, ...graph } = model;
  await writeFile(join(folder, PROFILED.model), bytes);
  await writeFile(join(folder, PROFILED.graph), JSON.stringify(graph));
  for (const shard of model.shards) await writeFile(join(folder, shard), await readShard(shard));
  const args = ['--import', 'tsx', CHILD, folder, provider, String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: MAX_OUTPUT_BYTES });
  if (provider === 'wasm') {
    const lines = stdout.split('\n').filter((line) => line.startsWith('{"cat"'));
    return readProfile(`[${lines.map((line) => line.replace(/,$/, '')).join(',')}]`);
  }
  const file = (await readdir(folder)).find((name) => name.startsWith(`${PROFILED.output}_`));
  return readProfile(await readFile(join(folder, file ?? PROFILED.output), 'utf8'));
}
