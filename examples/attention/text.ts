import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../digits/random.js";

export interface Text {
  readonly train: Uint8Array;
  readonly held: Uint8Array;
}

const PIECE = 2048;
const EVERY = 10;

/** The repository's own README, changelog and docs, as bytes; every tenth piece of 2 KB is held out. */
export function loadText(root: string): Text {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const files = ["README.md", "CHANGELOG.md", ...docs.map((name) => join("docs", name))];
  const pages = files.filter((name) => name.endsWith(".md")).sort();
  return split(Buffer.concat(pages.map((name) => readFileSync(join(root, name)))));
}

export function split(bytes: Uint8Array): Text {
  const pieces: { train: Uint8Array[]; held: Uint8Array[] } = { train: [], held: [] };
  for (let at = 0, i = 1; at < bytes.length; at += PIECE, i++)
    (i % EVERY === 0 ? pieces.held : pieces.train).push(bytes.subarray(at, at + PIECE));
  return { train: Buffer.concat(pieces.train), held: Buffer.concat(pieces.held) };
}

/** `count` sequences of `length` bytes and, for each byte, the one that follows. */
export interface Batch {
  readonly count: number;
  readonly length: number;
  readonly bytes: Int32Array;
  readonly next: Int32Array;
}

export function batchAt(text: Uint8Array, starts: readonly number[], length: number): Batch {
  const [bytes, next] = [new Int32Array(starts.length * length), new Int32Array(starts.length * length)];
  for (const [i, start] of starts.entries()) {
    bytes.set(text.subarray(start, start + length), i * length);
    next.set(text.subarray(start + 1, start + length + 1), i * length);
  }
  return { count: starts.length, length, bytes, next };
}

export function randomBatch(text: Uint8Array, count: number, length: number, random: Random): Batch {
  const last = text.length - length - 1;
  return batchAt(
    text,
    Array.from({ length: count }, () => Math.floor(random.uniform() * (last + 1))),
    length,
  );
}

/** Sequences side by side from the start, at most `most`. */
export function batchesOf(text: Uint8Array, count: number, length: number, most: number): Batch[] {
  const starts: number[] = [];
  for (let at = 0; at + length < text.length && starts.length < most * count; at += length) starts.push(at);
  const full = Math.floor(starts.length / count);
  return Array.from({ length: full }, (_, i) => batchAt(text, starts.slice(i * count, (i + 1) * count), length));
}
