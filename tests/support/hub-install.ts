import type { ModelSources } from '../../src/gpu/packing/sdxl-recipe.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { createInstallHandlers } from '../../src/workers/install-handlers.ts';
import { createMemoryShelf } from './memory-shelf.ts';
import { filesNamed, QUICK_RETRY } from './hub-model.ts';

/** Where the test hub keeps the parts of the golden model. */
export const GOLDEN_SOURCES: ModelSources = {
  base: { kind: 'hub', repository: 'owner/base', revision: 'main' },
  parts: {
    image_encoder: {
      kind: 'hub',
      repository: 'owner/encoder',
      revision: 'main',
      directory: 'sdxl_models/image_encoder',
    },
    ms_adapter: { kind: 'hub', repository: 'owner/adapter', revision: 'main' },
  },
};

/** What the library installs from the test hub when it runs in Node: every file of the pack. */
export async function installInNode(
  endpoint: string,
  title: string,
  id: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const shelf = createMemoryShelf();
  const handlers = createInstallHandlers({
    shelf,
    openRuntime: () => Promise.resolve(createNodeRuntime({ threads: 1 })),
    retry: QUICK_RETRY,
  });
  const request = { id, title, sources: GOLDEN_SOURCES, precision: 'q4', endpoint } as const;
  await handlers['install-pack'](
    { request, keys: {} },
    { signal: new AbortController().signal, emit: () => undefined },
  );
  const store = shelf.read(id);
  const { manifest } = await openPack(store);
  const files = ['pack.json', ...filesNamed(manifest)];
  return new Map(await Promise.all(files.map(async (file) => [file, await store.readFile(file)] as const)));
}
