/** Reads NVIDIA's container of device code, as far as the tests need it: entries, and PTX that was compressed with LZ4. */

const MAGIC = 0xba55ed50;
const LZ4 = 0x2000;

export interface Entry {
  readonly kind: "ptx" | "elf";
  readonly capability: number;
  /** as it lies in the container */
  readonly stored: Buffer;
  readonly compressed: boolean;
  /** bytes when unpacked */
  readonly size: number;
}

/** The containers in a file, in order. */
export function fatbinsIn(file: Buffer): Entry[][] {
  const found: Entry[][] = [];
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let at = file.indexOf(magic); at >= 0; at = file.indexOf(magic, at + 4)) {
    const header = file.readUInt16LE(at + 6);
    if (file.readUInt16LE(at + 4) !== 1 || header !== 16) continue;
    found.push([...entriesOf(file.subarray(at + header, at + header + Number(file.readBigUInt64LE(at + 8))))]);
  }
  return found;
}

function* entriesOf(body: Buffer): Generator<Entry> {
  for (let at = 0; at < body.length; ) {
    const header = body.readUInt32LE(at + 4);
    const space = Number(body.readBigUInt64LE(at + 8));
    const packed = body.readUInt32LE(at + 16);
    const flags = body.readUInt32LE(at + 40);
    const kind = body.readUInt16LE(at) === 1 ? "ptx" : "elf";
    const size = packed > 0 ? Number(body.readBigUInt64LE(at + 56)) : space;
    const stored = body.subarray(at + header, at + header + (packed || space));
    if (packed > 0 && !(flags & LZ4)) throw new Error(`an entry is compressed otherwise than with LZ4: flags ${flags}`);
    yield { kind, capability: body.readUInt32LE(at + 28), stored, compressed: packed > 0, size };
    at += header + space;
  }
}

/** The PTX text of an entry, without the zeros that pad it. */
export function textOf({ stored, compressed, size }: Entry): Buffer {
  const bytes = compressed ? unpacked(stored, size) : stored;
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** An LZ4 block: literals, then a match that may overlap what it writes, again and again. */
function unpacked(from: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size);
  let [at, to] = [0, 0];
  const length = (first: number): number => {
    let total = first;
    if (first < 15) return total;
    for (let byte = 255; byte === 255; total += byte) byte = from[at++] as number;
    return total;
  };
  while (at < from.length) {
    const token = from[at++] as number;
    const literals = length(token >> 4);
    from.copy(out, to, at, at + literals);
    at += literals;
    to += literals;
    if (at >= from.length) break;
    const back = from.readUInt16LE(at);
    at += 2;
    const end = to + length(token & 15) + 4;
    for (; to < end; to++) out[to] = out[to - back] as number;
  }
  if (to !== size) throw new Error(`an entry unpacks to ${to} bytes, not ${size}`);
  return out;
}
