import { joinBytes, latin1 } from './bytes.ts';
import { AppError } from './errors.ts';

/** Application segments of a JPEG file (ITU T.81, annex B): reading and replacing them without touching a pixel. */

const START = 0xd8;
const APP0 = 0xe0;
const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
/** A segment's length counts its own two bytes and fits 16 bits. */
const MOST_SEGMENT_BYTES = 0xffff - 2;

export const EXIF_SIGNATURE = 'Exif\0\0';
export const XMP_SIGNATURE = 'http://ns.adobe.com/xap/1.0/\0';

interface Segment {
  readonly marker: number;
  /** With its marker and length. */
  readonly whole: Uint8Array;
  readonly data: Uint8Array;
}

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === START && bytes[2] === 0xff;
}

/** The segments before the first scan, and everything from there on. */
function split(jpeg: Uint8Array): { readonly segments: readonly Segment[]; readonly rest: Uint8Array } {
  if (!isJpeg(jpeg)) throw new AppError('bad-image', 'Expected a JPEG file, got something else.');
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= jpeg.length) {
    const marker = view.getUint8(at + 1);
    // A marker may be preceded by any number of fill bytes (section B.1.1.2).
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (view.getUint8(at) !== 0xff || marker === START_OF_SCAN) break;
    const end = at + 2 + view.getUint16(at + 2);
    if (end > jpeg.length) {
      throw new AppError('bad-image', 'The JPEG file ends inside a segment; it is damaged or cut off.');
    }
    segments.push({ marker, whole: jpeg.subarray(at, end), data: jpeg.subarray(at + 4, end) });
    at = end;
  }
  return { segments, rest: jpeg.subarray(at) };
}

function hasSignature({ marker, data }: Segment, signature: string): boolean {
  return marker === APP1 && latin1(data.subarray(0, signature.length)) === signature;
}

/** The body of the APP1 segment with that signature, or undefined; throws AppError 'bad-image' for a damaged file. */
export function readApp1(jpeg: Uint8Array, signature: string): Uint8Array | undefined {
  return split(jpeg)
    .segments.find((segment) => hasSignature(segment, signature))
    ?.data.subarray(signature.length);
}

function encodeApp1(signature: string, body: Uint8Array): Uint8Array {
  const length = signature.length + body.length;
  if (length > MOST_SEGMENT_BYTES) {
    throw new AppError(
      'bad-image',
      `A JPEG file holds settings of up to ${MOST_SEGMENT_BYTES} bytes, these have ${length}. Save the picture as PNG.`,
    );
  }
  const head = Uint8Array.from([0xff, APP1, (length + 2) >> 8, (length + 2) & 0xff]);
  return joinBytes([head, new TextEncoder().encode(signature), body]);
}

/**
 * The same JPEG with these APP1 segments, signature to body, right behind the JFIF header; earlier ones with
 * the same signature are replaced. Throws AppError 'bad-image' for a body that does not fit a segment.
 */
export function writeApp1(
  jpeg: Uint8Array,
  bodies: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const { segments, rest } = split(jpeg);
  const kept = segments.filter(
    (segment) => ![...bodies.keys()].some((signature) => hasSignature(segment, signature)),
  );
  const jfif = kept.filter(({ marker }) => marker === APP0);
  const others = kept.filter(({ marker }) => marker !== APP0);
  return joinBytes([
    jpeg.subarray(0, 2),
    ...jfif.map(({ whole }) => whole),
    ...Array.from(bodies, ([signature, body]) => encodeApp1(signature, body)),
    ...others.map(({ whole }) => whole),
    rest,
  ]);
}
