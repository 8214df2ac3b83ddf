import { renderInfotext } from './infotext.ts';
import { readPngText, writePngText } from './png-text.ts';
import { type GenerationRequest } from './request.ts';
import { parseSettings, renderSettings } from './settings-entry.ts';
import { renderXmp } from './xmp.ts';

/** Keyword of this app's own entry: the whole request as JSON. */
const SETTINGS_KEYWORD = 'relationbooth';
/** Keyword under which image tools look for readable settings. */
const INFOTEXT_KEYWORD = 'parameters';
/** Keyword of XMP in PNG (XMP specification, part 3). */
const XMP_KEYWORD = 'XML:com.adobe.xmp';

/**
 * The same PNG with the settings inside: the request as JSON, a readable text other tools know, and the
 * mark of a picture made by a model. Earlier entries of these three kinds are replaced.
 */
export function embedSettings(
  png: Uint8Array,
  request: GenerationRequest,
  modelTitle: string,
): Uint8Array<ArrayBuffer> {
  return writePngText(png, [
    { keyword: INFOTEXT_KEYWORD, text: renderInfotext(request, modelTitle) },
    { keyword: SETTINGS_KEYWORD, text: renderSettings(request) },
    { keyword: XMP_KEYWORD, text: renderXmp(), international: true },
  ]);
}

/**
 * The request that made a PNG of this app, or undefined for any other PNG. Throws AppError 'bad-image'
 * for a damaged file and for an entry of this app that cannot be read.
 */
export function extractSettings(png: Uint8Array): GenerationRequest | undefined {
  const entry = readPngText(png).find(({ keyword }) => keyword === SETTINGS_KEYWORD);
  if (entry === undefined) return undefined;
  return parseSettings(entry.text);
}
