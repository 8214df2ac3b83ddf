import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import { checkDigest } from '../file-digest.ts';
import { bytesSource } from '../sources.ts';
import type { ByteSource, CheckpointFolder, FileDigest } from '../types.ts';
import { fetchWhole, type HttpAccess } from './http-request.ts';
import { httpSource } from './http-source.ts';
import type { RetryPolicy } from './retry.ts';
import { HUB_ENDPOINT } from './source-spec.ts';
import { subFolders } from './sub-folders.ts';

export interface HubAccess {
  readonly endpoint?: string | undefined;
  /** For repositories that ask for an agreement; kept by the caller, in memory only. */
  readonly token?: (() => string | undefined) | undefined;
  readonly retry?: RetryPolicy | undefined;
}

const revisionSchema = z.object({
  sha: z.string().min(1),
  cardData: z
    .object({ license: z.string().optional().catch(undefined) })
    .nullish()
    .catch(undefined),
});
const sizeSchema = z.number().int().nonnegative();
const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  oid: z.string(),
  size: sizeSchema,
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: sizeSchema }).nullish(),
});
const treeSchema = z.array(entrySchema);

export interface HubFile {
  readonly byteLength: number;
  readonly digest: FileDigest;
}

export interface HubRepository {
  readonly repository: string;
  /** The commit that the revision stood for: everything is read from it. */
  readonly commit: string;
  /** As the repository's card names it. */
  readonly licence: string | undefined;
  readonly files: ReadonlyMap<string, HubFile>;
  /** Where a file of it can be fetched. */
  addressOf(path: string): string;
  /** Its files as a checkpoint folder, those below `directory`. */
  folder(directory?: string): CheckpointFolder;
}

function parse<T>(url: string, schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (thrown) {
    throw new AppError(
      'network',
      `"${url}" did not answer as the hub's API does. Check the address of the hub.`,
      {
        cause: thrown,
      },
    );
  }
}

/** The address in `Link: <…>; rel="next"`: long listings come in pages. */
function nextPage(headers: Headers): string | undefined {
  return /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
}

/**
 * Lists a model repository at a revision, which is resolved to its commit once, so that what is read later
 * belongs together. Throws AppError 'network', 'access-denied' (saying how to get access) or
 * 'bad-request' for a repository or revision that does not exist.
 */
export async function openHub(
  repository: string,
  revision: string,
  access: HubAccess = {},
  signal?: AbortSignal,
): Promise<HubRepository> {
  const endpoint = access.endpoint ?? HUB_ENDPOINT;
  const http: HttpAccess = {
    ...access,
    howToGetAccess:
      `Open ${endpoint}/${repository}, sign in and accept its conditions, then make a read token at ` +
      `${endpoint}/settings/tokens and enter it here.`,
  };
  const call = async <T>(
    url: string,
    schema: z.ZodType<T>,
  ): Promise<{ readonly value: T; readonly headers: Headers }> => {
    const answer = await fetchWhole(url, http, signal);
    if (answer === undefined) {
      throw new AppError(
        'bad-request',
        `The hub has no repository "${repository}" with the revision "${revision}". Check both names.`,
      );
    }
    return { value: parse(url, schema, answer.bytes), headers: answer.headers };
  };

  const api = `${endpoint}/api/models/${repository}`;
  const { value: info } = await call(`${api}/revision/${encodeURIComponent(revision)}`, revisionSchema);
  const files = new Map<string, HubFile>();
  let page: string | undefined = `${api}/tree/${info.sha}?recursive=true`;
  while (page !== undefined) {
    const { value: entries, headers }: { value: z.infer<typeof treeSchema>; headers: Headers } = await call(
      page,
      treeSchema,
    );
    for (const { type, path, oid, size, lfs } of entries) {
      if (type !== 'file') continue;
      files.set(
        path,
        lfs === null || lfs === undefined
          ? { byteLength: size, digest: { algorithm: 'git-sha1', hex: oid } }
          : { byteLength: lfs.size, digest: { algorithm: 'sha256', hex: lfs.oid } },
      );
    }
    page = nextPage(headers);
  }

  const addressOf = (path: string): string =>
    `${endpoint}/${repository}/resolve/${info.sha}/${path.split('/').map(encodeURIComponent).join('/')}`;

  async function open(path: string, openSignal: AbortSignal | undefined): Promise<ByteSource | undefined> {
    const file = files.get(path);
    if (file === undefined) return undefined;
    const url = addressOf(path);
    if (file.digest.algorithm === 'sha256') return httpSource({ url, ...file }, http);
    // Text files lie in git itself: small, and perhaps sent compressed.
    const whole = await fetchWhole(url, http, openSignal);
    if (whole === undefined) return undefined;
    await checkDigest(url, file.digest, whole.bytes);
    return bytesSource(url, whole.bytes);
  }

  return {
    repository,
    commit: info.sha,
    licence: info.cardData?.license,
    files,
    addressOf,
    folder(directory) {
      const prefix = directory === undefined ? '' : `${directory}/`;
      return {
        name: `${repository}${directory === undefined ? '' : `/${directory}`}`,
        open: (path, openSignal) => open(prefix + path, openSignal),
        origin: (path) => [`${repository}@${info.sha}`, directory, path].filter(Boolean).join('/'),
        listFolders: (path) => Promise.resolve(subFolders(files.keys(), prefix + path)),
      };
    },
  };
}
