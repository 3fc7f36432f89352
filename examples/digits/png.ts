import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const GREY_WITH_ALPHA = 4;

/** A square picture as a data URI: black ink whose opacity is `pixels` (0 … 1), on nothing, so that a page can invert it for dark paper. */
export function inkPng(pixels: Float32Array, side: number): string {
  const lines = Buffer.alloc(side * (1 + 2 * side)); // a filter byte, then grey and alpha of each pixel
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) lines[y * (1 + 2 * side) + 2 + 2 * x] = Math.round(255 * pixels[y * side + x]!);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, GREY_WITH_ALPHA], 8);
  const file = [SIGNATURE, chunk("IHDR", header), chunk("IDAT", deflateSync(lines, { level: 9 })), chunk("IEND")];
  return `data:image/png;base64,${Buffer.concat(file).toString("base64")}`;
}

function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(4 + body.length + 4);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}
