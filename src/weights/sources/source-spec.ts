import { z } from 'zod';

export const HUB_ENDPOINT = 'https://huggingface.co';

/** "owner/name", as the hub spells it. */
const repositoryName = z.string().regex(/^[\w.-]+\/[\w.-]+$/, {
  error: 'a repository of the hub is "owner/name", for example "stabilityai/stable-diffusion-xl-base-1.0"',
});

/** Where a part of a model is published. */
export const sourceSpecSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hub'),
    repository: repositoryName,
    /** A branch, tag or commit; it is pinned to its commit when it is opened. */
    revision: z.string().min(1),
    directory: z.string().min(1).optional(),
  }),
  z.object({ kind: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
  /** A folder that the person picked; who opens it must hold its files. */
  z.object({ kind: z.literal('local'), name: z.string().min(1) }),
]);
export type SourceSpec = z.infer<typeof sourceSpecSchema>;

const LOCAL = 'local:';
const HUB = /^hub:([\w.-]+\/[\w.-]+)(?:@([^/\s]+))?(?:\/(\S+))?$/;

/** "hub:owner/name", "hub:owner/name@revision/folder", "local:name" or a URL; undefined for anything else. */
export function parseSourceSpec(text: string): SourceSpec | undefined {
  if (text.startsWith(LOCAL)) {
    return sourceSpecSchema.safeParse({ kind: 'local', name: text.slice(LOCAL.length) }).data;
  }
  const [, repository, revision = 'main', directory] = HUB.exec(text) ?? [];
  const candidate =
    repository === undefined ? { kind: 'url', url: text } : { kind: 'hub', repository, revision, directory };
  return sourceSpecSchema.safeParse(candidate).data;
}

/** The text that {@link parseSourceSpec} reads; the branch "main" goes without saying. */
export function formatSourceSpec(spec: SourceSpec): string {
  switch (spec.kind) {
    case 'hub': {
      const revision = spec.revision === 'main' ? '' : `@${spec.revision}`;
      return `hub:${spec.repository}${revision}${spec.directory === undefined ? '' : `/${spec.directory}`}`;
    }
    case 'url':
      return spec.url;
    case 'local':
      return LOCAL + spec.name;
  }
}
