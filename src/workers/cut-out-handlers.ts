import {
  type CutOutManifest,
  CUT_OUT_ID,
  CUT_OUT_MANIFEST,
  encodeCutOutManifest,
  listCutOutChoices,
  readCutOutManifest,
} from '../weights/cut-out-model.ts';
import { copyFiles, type ListedFile } from '../weights/install/copy-files.ts';
import { endJournal } from '../weights/install/install-journal.ts';
import { sha256 } from '../weights/sha256.ts';
import type { FileAccess } from '../weights/sources/open-file.ts';
import { openSource } from '../weights/sources/open-source.ts';
import { formatSourceSpec, HUB_ENDPOINT, type SourceSpec } from '../weights/sources/source-spec.ts';
import type { WeightStore } from '../weights/types.ts';
import { AppError } from '../shared/errors.ts';
import { checkRoom, readProgress } from './check-room.ts';
import {
  type CutOutModelCalls,
  type CutOutModelState,
  type CutOutRequest,
  cutOutRequestSchema,
} from './cut-out-protocol.ts';
import type { Keys } from './install-basics.ts';
import type { PackShelf } from './pack-shelf.ts';
import type { HandlersOf } from './serve-calls.ts';

/** What is being installed, so that a later visit can go on. */
const REQUEST_FILE = 'install.json';

/** Licences as the hub spells them that let everybody use, change and share a model for every purpose. */
const FREE_LICENCES: ReadonlySet<string> = new Set([
  'apache-2.0',
  'mit',
  'isc',
  'bsd-2-clause',
  'bsd-3-clause',
  'unlicense',
  'cc0-1.0',
  'cc-by-4.0',
  'cc-by-sa-4.0',
  'mpl-2.0',
  'lgpl-3.0',
  'gpl-3.0',
  'agpl-3.0',
]);

function titleOf(source: SourceSpec): string {
  switch (source.kind) {
    case 'hub':
      return source.repository;
    case 'local':
      return source.name;
    case 'url':
      return new URL(source.url).host;
  }
}

/** Where a source's licence can be read. */
function licencePage(source: SourceSpec, endpoint = HUB_ENDPOINT): string {
  switch (source.kind) {
    case 'hub':
      return `${endpoint}/${source.repository}`;
    case 'url':
      return source.url;
    case 'local':
      return '';
  }
}

async function readRequest(store: WeightStore): Promise<CutOutRequest | undefined> {
  try {
    const text = new TextDecoder().decode(await store.readFile(REQUEST_FILE));
    return cutOutRequestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // There is none, or one that was cut off: then nothing was fetched yet.
    return undefined;
  }
}

const totalOf = (files: readonly ListedFile[]): number =>
  files.reduce((sum, { byteLength }) => sum + byteLength, 0);

function installed({ title, source, licence, type, files }: CutOutManifest): CutOutModelState {
  return { kind: 'installed', title, source, licence, type, storedBytes: totalOf(files) };
}

/** The library's calls about the model that finds objects in photos. `access` opens sources with a person's keys. */
export function createCutOutHandlers(
  shelf: PackShelf,
  access: (endpoint: string | undefined, keys: Keys) => FileAccess,
): HandlersOf<CutOutModelCalls> {
  async function find(): Promise<CutOutModelState> {
    const store = shelf.read(CUT_OUT_ID);
    const manifest = await readCutOutManifest(store);
    if (manifest !== undefined) return installed(manifest);
    const request = await readRequest(store);
    if (request === undefined) return { kind: 'none' };
    return { kind: 'unfinished', request, ...(await readProgress(store)) };
  }

  return {
    'find-cut-out-model': find,
    async 'plan-cut-out-model'({ source, endpoint, keys }, { signal }) {
      const { folder, pinned, licence } = await openSource(source, access(endpoint, keys), signal);
      const choices = await listCutOutChoices(folder, signal);
      return {
        title: titleOf(source),
        source: pinned,
        licence: { name: licence ?? '', url: licencePage(source, endpoint) },
        isFree: licence !== undefined && FREE_LICENCES.has(licence.toLowerCase()),
        choices: choices.map(({ type, files }) => ({ type, byteLength: totalOf(files) })),
      };
    },
    async 'install-cut-out-model'({ request, keys }, { signal, emit }) {
      const { source, endpoint, type, title, licence } = request;
      // Another one takes its place altogether.
      if ((await find()).kind === 'installed') await shelf.remove(CUT_OUT_ID);
      return shelf.withStore(CUT_OUT_ID, async (store) => {
        const { folder } = await openSource(source, access(endpoint, keys), signal);
        const files = (await listCutOutChoices(folder, signal)).find((choice) => choice.type === type)?.files;
        if (files === undefined) {
          throw new AppError(
            'bad-checkpoint',
            `${folder.name} has no ${type} weights any more. Choose others.`,
          );
        }
        const about = { title, source: formatSourceSpec(source), licence, type, files };
        const manifest = encodeCutOutManifest(about);
        const text = new TextEncoder();
        await store.writeFile(REQUEST_FILE, text.encode(JSON.stringify(request)));
        await checkRoom(shelf, totalOf(files), store);
        await copyFiles(folder, files, { store, plan: await sha256(manifest), signal, onProgress: emit });
        await store.writeFile(CUT_OUT_MANIFEST, manifest);
        await store.removeFile(REQUEST_FILE);
        await endJournal(store);
        return null;
      });
    },
    async 'remove-cut-out-model'() {
      await shelf.remove(CUT_OUT_ID);
      return null;
    },
  };
}
