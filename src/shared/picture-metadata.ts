import { AppError } from './errors.ts';
import { encodeUserComment } from './exif.ts';
import { renderInfotext } from './infotext.ts';
import { EXIF_SIGNATURE, isJpeg, readApp1, writeApp1, XMP_SIGNATURE } from './jpeg-segments.ts';
import { embedSettings, extractSettings } from './png-metadata.ts';
import { isPng } from './png-text.ts';
import { type GenerationRequest } from './request.ts';
import { parseSettings, renderSettings } from './settings-entry.ts';
import { isWebp, readWebpChunk, writeWebpMetadata, XMP_CHUNK } from './webp-chunks.ts';
import { renderXmp, settingsInXmp } from './xmp.ts';

/** Formats in which this app saves pictures; the settings are inside each. */
export const PICTURE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Bytes that tell the format. */
export const SIGNATURE_BYTES = 12;

/** The format of a file by its first {@link SIGNATURE_BYTES}, or undefined for one that this app does not save. */
export function pictureFormatOf(bytes: Uint8Array): PictureFormat | undefined {
  if (isPng(bytes)) return 'png';
  if (isJpeg(bytes)) return 'jpeg';
  return isWebp(bytes) ? 'webp' : undefined;
}

/**
 * The same picture with its settings inside: as text other tools know (PNG `parameters`, EXIF UserComment),
 * as JSON, and with the mark of a picture made by a model (XMP). Throws AppError 'bad-image' for other files.
 */
export function embedPictureSettings(
  picture: Uint8Array,
  request: GenerationRequest,
  modelTitle: string,
): Uint8Array<ArrayBuffer> {
  const format = pictureFormatOf(picture);
  if (format === 'png') return embedSettings(picture, request, modelTitle);
  const exif = encodeUserComment(renderInfotext(request, modelTitle));
  const xmp = new TextEncoder().encode(renderXmp(renderSettings(request)));
  switch (format) {
    case 'jpeg':
      return writeApp1(
        picture,
        new Map([
          [EXIF_SIGNATURE, exif],
          [XMP_SIGNATURE, xmp],
        ]),
      );
    case 'webp':
      return writeWebpMetadata(picture, exif, xmp);
    case undefined:
      throw new AppError('bad-image', 'Expected a PNG, JPEG or WebP file, got something else.');
  }
}

/**
 * The request that made a picture of this app, or undefined for any other file. Throws AppError 'bad-image'
 * for a damaged file and for settings that cannot be read.
 */
export function extractPictureSettings(picture: Uint8Array): GenerationRequest | undefined {
  const format = pictureFormatOf(picture);
  if (format === undefined) return undefined;
  if (format === 'png') return extractSettings(picture);
  const xmp = format === 'jpeg' ? readApp1(picture, XMP_SIGNATURE) : readWebpChunk(picture, XMP_CHUNK);
  const settings = xmp === undefined ? undefined : settingsInXmp(new TextDecoder().decode(xmp));
  return settings === undefined ? undefined : parseSettings(settings);
}
