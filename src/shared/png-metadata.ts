import { z } from 'zod';
import { AppError } from './errors.ts';
import { renderInfotext } from './infotext.ts';
import { readPngText, writePngText } from './png-text.ts';
import { type GenerationRequest, requestSchema } from './request.ts';

/** Keyword of this app's own entry: the whole request as JSON. */
const SETTINGS_KEYWORD = 'relationbooth';
/** Keyword under which image tools look for readable settings. */
const INFOTEXT_KEYWORD = 'parameters';
/** Keyword of XMP in PNG (XMP specification, part 3). */
const XMP_KEYWORD = 'XML:com.adobe.xmp';

/** IPTC's term for a picture that a trained model made (Digital Source Type NewsCodes). */
const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

const XMP_PACKET = [
  '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>',
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
  '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
  ` Iptc4xmpExt:DigitalSourceType="${DIGITAL_SOURCE_TYPE}"/>`,
  '</rdf:RDF>',
  '</x:xmpmeta>',
  '<?xpacket end="r"?>',
].join('');

const settingsSchema = z.object({ app: z.literal('RelationBooth'), request: requestSchema });

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
    { keyword: SETTINGS_KEYWORD, text: JSON.stringify({ app: 'RelationBooth', request }) },
    { keyword: XMP_KEYWORD, text: XMP_PACKET, international: true },
  ]);
}

/**
 * The request that made a PNG of this app, or undefined for any other PNG. Throws AppError 'bad-image'
 * for a damaged file and for an entry of this app that cannot be read.
 */
export function extractSettings(png: Uint8Array): GenerationRequest | undefined {
  const entry = readPngText(png).find(({ keyword }) => keyword === SETTINGS_KEYWORD);
  if (entry === undefined) return undefined;
  try {
    return settingsSchema.parse(JSON.parse(entry.text)).request;
  } catch (error) {
    throw new AppError(
      'bad-image',
      'The settings inside this picture cannot be read: they are damaged or from a newer version of the app.',
      { cause: error },
    );
  }
}
