import { createCanvas, type Canvas, type SKRSContext2D } from '@napi-rs/canvas';
import { type PhotoFile } from './photos.ts';

type Draw = (context: SKRSContext2D) => void;

function draw(width: number, height: number, paint: Draw): Canvas {
  const canvas = createCanvas(width, height);
  paint(canvas.getContext('2d'));
  return canvas;
}

/** A red square of 60 pixels in the middle of a pale picture of 200 × 120. */
export function objectOnPlainGround(): PhotoFile {
  const canvas = draw(200, 120, (context) => {
    context.fillStyle = '#f2efe8';
    context.fillRect(0, 0, 200, 120);
    context.fillStyle = '#c81e1e';
    context.fillRect(70, 30, 60, 60);
  });
  return { name: 'square.png', mimeType: 'image/png', buffer: canvas.toBuffer('image/png') };
}

/** Orientation 6: stored 120 × 80 with its left half red, seen 80 × 120 with its upper half red. */
export function rotatedPhoto(): PhotoFile {
  const jpeg = draw(120, 80, (context) => {
    context.fillStyle = '#1e1ec8';
    context.fillRect(0, 0, 120, 80);
    context.fillStyle = '#c81e1e';
    context.fillRect(0, 0, 60, 80);
  }).toBuffer('image/jpeg');
  // APP1 of 34 bytes: big-endian TIFF with one entry, tag 0x0112 (orientation), SHORT, 6.
  const exif = Buffer.from(
    'ffe10022457869660000' + '4d4d002a00000008' + '0001' + '011200030000000100060000' + '00000000',
    'hex',
  );
  const buffer = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
  return { name: 'rotated.jpg', mimeType: 'image/jpeg', buffer };
}

/** A picture of any size in one colour, as a camera or another program would save it. */
export async function plainPhoto(
  type: 'jpeg' | 'png' | 'webp' | 'avif',
  width: number,
  height: number,
): Promise<PhotoFile> {
  const canvas = draw(width, height, (context) => {
    context.fillStyle = '#2f7a4f';
    context.fillRect(0, 0, width, height);
  });
  const encode = {
    png: () => canvas.encode('png'),
    jpeg: () => canvas.encode('jpeg'),
    webp: () => canvas.encode('webp'),
    avif: () => canvas.encode('avif'),
  };
  const buffer = await encode[type]();
  return { name: `photo.${type}`, mimeType: `image/${type}`, buffer };
}

/** A PNG of one pixel whose header says 30000 × 30000: judged before it is decoded. */
export function hugePng(): PhotoFile {
  const buffer = Buffer.from(createCanvas(1, 1).toBuffer('image/png'));
  buffer.writeUInt32BE(30000, 16);
  buffer.writeUInt32BE(30000, 20);
  return { name: 'poster.png', mimeType: 'image/png', buffer };
}

/** Two frames of 2 × 2 black pixels (GIF89a). */
export function animatedGif(): PhotoFile {
  const screen = '474946383961' + '02000200800000' + '000000ffffff';
  const frame = '21f904000a000000' + '2c00000000020002000002' + '02845100';
  const buffer = Buffer.from(`${screen}${frame}${frame}3b`, 'hex');
  return { name: 'dance.gif', mimeType: 'image/gif', buffer };
}
