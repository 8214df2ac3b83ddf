/**
 * The smallest EXIF block that holds one text: a TIFF header, a first directory that points to the Exif
 * directory, and in it the version and the user comment (CIPA DC-008, sections 4.5 and 4.6).
 */

const BYTE_ORDER_BIG = 0x4d4d;
const TIFF_MAGIC = 42;
const TAG_EXIF_DIRECTORY = 0x8769;
const TAG_EXIF_VERSION = 0x9000;
const TAG_USER_COMMENT = 0x9286;
const TYPE_LONG = 4;
const TYPE_UNDEFINED = 7;

/** Character code of the comment: UTF-16, in the byte order of the block (readers expect the big one). */
const UNICODE = [0x55, 0x4e, 0x49, 0x43, 0x4f, 0x44, 0x45, 0];
const FIRST_DIRECTORY = 8;
const ENTRY_BYTES = 12;
/** Number of entries before, offset of the next directory behind. */
const DIRECTORY_OVERHEAD = 6;
const EXIF_DIRECTORY = FIRST_DIRECTORY + DIRECTORY_OVERHEAD + ENTRY_BYTES;
const COMMENT_AT = EXIF_DIRECTORY + DIRECTORY_OVERHEAD + 2 * ENTRY_BYTES;

/** TIFF bytes whose UserComment is the text, as image tools look for settings in JPEG and WebP. */
export function encodeUserComment(text: string): Uint8Array<ArrayBuffer> {
  const commentBytes = UNICODE.length + 2 * text.length;
  const bytes = new Uint8Array(COMMENT_AT + commentBytes);
  const view = new DataView(bytes.buffer);
  const entry = (at: number, tag: number, type: number, count: number, value: number): void => {
    view.setUint16(at, tag);
    view.setUint16(at + 2, type);
    view.setUint32(at + 4, count);
    view.setUint32(at + 8, value);
  };
  view.setUint16(0, BYTE_ORDER_BIG);
  view.setUint16(2, TIFF_MAGIC);
  view.setUint32(4, FIRST_DIRECTORY);
  view.setUint16(FIRST_DIRECTORY, 1);
  entry(FIRST_DIRECTORY + 2, TAG_EXIF_DIRECTORY, TYPE_LONG, 1, EXIF_DIRECTORY);
  view.setUint16(EXIF_DIRECTORY, 2);
  // "0232", four characters in place of an offset.
  entry(EXIF_DIRECTORY + 2, TAG_EXIF_VERSION, TYPE_UNDEFINED, 4, 0x30323332);
  entry(EXIF_DIRECTORY + 2 + ENTRY_BYTES, TAG_USER_COMMENT, TYPE_UNDEFINED, commentBytes, COMMENT_AT);
  bytes.set(UNICODE, COMMENT_AT);
  for (let index = 0; index < text.length; index += 1) {
    view.setUint16(COMMENT_AT + UNICODE.length + 2 * index, text.charCodeAt(index));
  }
  return bytes;
}
