import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';

/** A file that the test hub serves; large ones are made as they are read. */
export interface ServedFile {
  readonly byteLength: number;
  readonly sha256: string;
  read(byteOffset: number, byteLength: number): Uint8Array;
}

/** What one answer to a range request does instead of what it should. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is destroyed after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** 200 and the whole file where 206 was due. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'content-range'; readonly value: string }
  /** Nothing more after so many bytes, with the connection left open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** The body in pieces, with pauses. */
  | { readonly kind: 'trickle'; readonly pieces: number; readonly pauseMs: number }
  /** One bit of the body is another: in its first byte, or in another one. */
  | { readonly kind: 'flip'; readonly at?: number }
  | { readonly kind: 'etag'; readonly value: string };

export interface RangeRequest {
  readonly path: string;
  readonly first: number;
  readonly last: number;
  /** Range requests for this file so far, this one not counted. */
  readonly index: number;
}

export interface HubServerOptions {
  /** "owner/name" → path → content. Files from {@link LFS_BYTES} on are listed as large ones, with SHA-256. */
  readonly repositories: Readonly<Record<string, Readonly<Record<string, Uint8Array | ServedFile>>>>;
  readonly fault?: (request: RangeRequest) => Fault | undefined;
  /** Whether pages of other origins may read Content-Range and ETag. */
  readonly exposesHeaders?: boolean;
  /** Repositories that want this token, else 401. */
  readonly gated?: Readonly<Record<string, string>>;
  /** Large files are at signed addresses of another origin, each good for so many requests. */
  readonly signedUses?: number;
  /** What the repositories' cards name. */
  readonly licence?: string;
  /** Files in one page of the tree. */
  readonly pageSize?: number;
}

export interface HubServer {
  readonly endpoint: string;
  /** Body bytes of large files sent so far. */
  readonly sentBytes: () => number;
  readonly requests: readonly string[];
  setFault(fault: HubServerOptions['fault']): void;
  /** Replaces a file's content, as an author does who pushes to the same address. */
  replace(repository: string, path: string, content: Uint8Array): void;
  close(): Promise<void>;
}

export const COMMIT = 'c0ffee0000000000000000000000000000000000';
/** The hub lists files of this size and more with their SHA-256. Smaller here, so that tests are. */
const LFS_BYTES = 4096;
const RANGE = /^bytes=(\d+)-(\d+)$/;

export function servedBytes(bytes: Uint8Array): ServedFile {
  return {
    byteLength: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    read: (byteOffset, byteLength) => bytes.subarray(byteOffset, byteOffset + byteLength),
  };
}

function gitSha1(file: ServedFile): string {
  const hash = createHash('sha1').update(`blob ${file.byteLength}\0`);
  return hash.update(file.read(0, file.byteLength)).digest('hex');
}

function flipBit(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
}

function isServed(content: Uint8Array | ServedFile): content is ServedFile {
  return !(content instanceof Uint8Array);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = z.object({ port: z.number() }).parse(server.address());
  return `http://127.0.0.1:${address.port}`;
}

/** Plays the model hub on this machine: the API, and files at signed addresses of a second origin. */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const {
    exposesHeaders = true,
    gated = {},
    signedUses = Infinity,
    pageSize = 1000,
    licence = 'openrail++',
  } = options;
  let { fault } = options;
  const repositories = new Map(
    Object.entries(options.repositories).map(([name, files]) => [
      name,
      new Map(
        Object.entries(files).map(([path, content]) => [
          path,
          isServed(content) ? content : servedBytes(content),
        ]),
      ),
    ]),
  );
  const requests: string[] = [];
  const counts = new Map<string, number>();
  const signed = new Map<string, { readonly file: ServedFile; readonly path: string; uses: number }>();
  let sent = 0;

  const cors = (response: ServerResponse): void => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (exposesHeaders) {
      response.setHeader(
        'Access-Control-Expose-Headers',
        'ETag, Link, Content-Range, Accept-Ranges, Retry-After',
      );
    }
  };
  const preflight = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== 'OPTIONS') return false;
    response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Range');
    response.writeHead(204).end();
    return true;
  };

  function answerRange(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    file: ServedFile,
  ): void {
    const [, firstText, lastText] = RANGE.exec(request.headers.range ?? '') ?? [];
    const ranged = firstText !== undefined && lastText !== undefined;
    const first = ranged ? Number(firstText) : 0;
    const last = ranged ? Math.min(Number(lastText), file.byteLength - 1) : file.byteLength - 1;
    if (request.method === 'HEAD') {
      const headers = { 'Content-Length': file.byteLength, 'Content-Type': 'application/octet-stream' };
      response.writeHead(200, headers).end();
      return;
    }
    const index = counts.get(path) ?? 0;
    counts.set(path, index + 1);
    const wrong = fault?.({ path, first, last, index });
    if (wrong?.kind === 'status') {
      response.writeHead(wrong.status, wrong.headers).end();
      return;
    }
    const whole = !ranged || wrong?.kind === 'whole';
    const body = Buffer.from(whole ? file.read(0, file.byteLength) : file.read(first, last - first + 1));
    if (wrong?.kind === 'flip') flipBit(body, wrong.at ?? 0);
    response.statusCode = whole ? 200 : 206;
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('ETag', wrong?.kind === 'etag' ? wrong.value : `"${file.sha256.slice(0, 16)}"`);
    response.setHeader('Content-Length', body.length);
    const range = `bytes ${first}-${last}/${file.byteLength}`;
    if (!whole) response.setHeader('Content-Range', wrong?.kind === 'content-range' ? wrong.value : range);
    const write = (part: Uint8Array): void => {
      sent += part.length;
      response.write(part);
    };
    switch (wrong?.kind) {
      case 'cut':
        write(body.subarray(0, wrong.afterBytes));
        // What was written is let out first.
        setTimeout(() => response.destroy(), 5);
        return;
      case 'stall':
        write(body.subarray(0, wrong.afterBytes));
        return;
      case 'trickle': {
        const size = Math.ceil(body.length / wrong.pieces);
        const next = (at: number): void => {
          if (at >= body.length) response.end();
          else {
            write(body.subarray(at, at + size));
            setTimeout(next, wrong.pauseMs, at + size);
          }
        };
        next(0);
        return;
      }
      case 'whole':
      case 'content-range':
      case 'flip':
      case 'etag':
      case undefined:
        sent += body.length;
        response.end(body);
    }
  }

  function find(repository: string, path: string): ServedFile | undefined {
    return repositories.get(repository)?.get(path);
  }

  function refuse(request: IncomingMessage, response: ServerResponse, repository: string): boolean {
    const token = gated[repository];
    if (token === undefined || request.headers.authorization === `Bearer ${token}`) return false;
    response.writeHead(401).end('{"error":"Access to this repository is restricted"}');
    return true;
  }

  function answerTree(response: ServerResponse, repository: string, url: URL): void {
    const files = [...(repositories.get(repository) ?? [])];
    const start = Number(url.searchParams.get('cursor') ?? 0);
    if (start + pageSize < files.length) {
      const next = new URL(url);
      next.searchParams.set('cursor', String(start + pageSize));
      response.setHeader('Link', `<${next.href}>; rel="next"`);
    }
    const entries = files.slice(start, start + pageSize).map(([path, file]) => {
      const common = { type: 'file', path, size: file.byteLength };
      return file.byteLength < LFS_BYTES
        ? { ...common, oid: gitSha1(file) }
        : {
            ...common,
            oid: '0'.repeat(40),
            lfs: { oid: file.sha256, size: file.byteLength, pointerSize: 134 },
          };
    });
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(entries));
  }

  const cdn = createServer((request, response) => {
    cors(response);
    if (preflight(request, response)) return;
    const entry = signed.get(request.url ?? '');
    requests.push(
      `cdn ${request.headers.authorization === undefined ? '' : 'with token '}${entry?.path ?? '?'}`,
    );
    if (entry === undefined || entry.uses === 0) {
      response.writeHead(403).end('<Error>Request has expired</Error>');
      return;
    }
    entry.uses -= 1;
    answerRange(request, response, entry.path, entry.file);
  });
  const cdnOrigin = await listen(cdn);

  const hub = createServer((request, response) => {
    cors(response);
    if (preflight(request, response)) return;
    const url = new URL(request.url ?? '/', endpoint);
    requests.push(`${request.method ?? ''} ${url.pathname}`);
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname);
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(url.pathname);
    const repository = api?.[1] ?? resolve?.[1] ?? '';
    if (!repositories.has(repository)) response.writeHead(404).end();
    else if (refuse(request, response, repository)) return;
    else if (api?.[2] === 'revision') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ sha: COMMIT, cardData: { license: licence } }));
    } else if (api?.[2] === 'tree') answerTree(response, repository, url);
    else {
      const path = decodeURIComponent(resolve?.[2] ?? '');
      const file = find(repository, path);
      if (file === undefined) response.writeHead(404).end();
      else if (file.byteLength < LFS_BYTES || signedUses === 0) answerRange(request, response, path, file);
      else {
        const address = `/${repository}/${path}?signature=${signed.size}`;
        signed.set(address, { file, path, uses: signedUses });
        response.writeHead(302, { Location: cdnOrigin + address }).end();
      }
    }
  });
  const endpoint = await listen(hub);

  return {
    endpoint,
    sentBytes: () => sent,
    requests,
    setFault(next) {
      fault = next;
      counts.clear();
    },
    replace(repository, path, content) {
      repositories.get(repository)?.set(path, servedBytes(content));
      signed.clear();
    },
    async close() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        await new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        });
      }
    },
  };
}
