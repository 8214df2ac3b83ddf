import { z } from 'zod';

/** What all calls that install something share. */

/** A folder that the person picked: its files by path below it. */
export interface LocalFolder {
  readonly name: string;
  readonly files: ReadonlyMap<string, Blob>;
}

/** What opens sources and is kept by the page, in memory only. */
export interface Keys {
  readonly token?: string | undefined;
  readonly folder?: LocalFolder | undefined;
  /** Single files that the person picked, by name. */
  readonly files?: ReadonlyMap<string, Blob> | undefined;
}

export interface Licence {
  readonly name: string;
  /** Where it can be read; empty where nobody says. */
  readonly url: string;
}

export const endpointSchema = z.url({ protocol: /^https?$/ }).optional();
export const bytesSchema = z.number().nonnegative();
export const keysSchema = z.object({
  token: z.string().optional(),
  folder: z.object({ name: z.string(), files: z.map(z.string(), z.instanceof(Blob)) }).optional(),
  files: z.map(z.string(), z.instanceof(Blob)).optional(),
});
export const licenceSchema = z.object({ name: z.string(), url: z.string() });
export const progressSchema = z.object({
  file: z.string(),
  component: z.string(),
  doneBytes: bytesSchema,
  totalBytes: bytesSchema,
});
