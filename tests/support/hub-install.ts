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

/** Files that the person gives: their names and bytes. */
export interface GivenFiles {
  readonly singleFile: readonly [name: string, bytes: Uint8Array];
  readonly mergeLora: readonly [name: string, bytes: Uint8Array];
}

/** What the library installs from the test hub when it runs in Node: every file of the pack. */
export async function installInNode(
  endpoint: string,
  title: string,
  id: string,
  given?: GivenFiles,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const shelf = createMemoryShelf();
  const handlers = createInstallHandlers({
    shelf,
    cutOutShelf: createMemoryShelf(),
    openRuntime: () => Promise.resolve(createNodeRuntime({ threads: 1 })),
    retry: QUICK_RETRY,
  });
  const local = (name: string) => ({ kind: 'local', name }) as const;
  const sources: ModelSources =
    given === undefined
      ? GOLDEN_SOURCES
      : {
          ...GOLDEN_SOURCES,
          singleFile: local(given.singleFile[0]),
          mergeLoras: [{ file: local(given.mergeLora[0]), weight: 1 }],
        };
  const picked = given === undefined ? [] : [given.singleFile, given.mergeLora];
  const givenFiles = new Map(picked.map(([name, bytes]) => [name, new Blob([Buffer.from(bytes)])]));
  const request = { id, title, sources, precision: 'q4', endpoint } as const;
  await handlers['install-pack'](
    { request, keys: { files: givenFiles } },
    { signal: new AbortController().signal, emit: () => undefined },
  );
  const store = shelf.read(id);
  const { manifest } = await openPack(store);
  const files = ['pack.json', ...filesNamed(manifest)];
  return new Map(await Promise.all(files.map(async (file) => [file, await store.readFile(file)] as const)));
}
