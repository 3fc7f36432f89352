import { expect, test } from "vitest";
import { type Dense, discard, floats } from "../../lib/dense.js";
import { tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import { borrow } from "../../lib/scratch.js";

const MIB = 2 ** 18; // elements
const bufferOf = (x: Dense) => floats(x).buffer;
const lend = (size: number) => borrow("test", [size], "cpu");

test("what is given back is lent again, to one borrower at a time", () => {
  const first = lend(MIB);
  const buffer = bufferOf(first);
  expect(bufferOf(lend(MIB))).not.toBe(buffer);
  discard(first);
  const again = lend(MIB - 5);
  expect(bufferOf(again)).toBe(buffer);
  expect(floats(again).length).toBe(MIB - 5);
  discard(first); // it has been given back, and is another's now
  expect(bufferOf(lend(MIB))).not.toBe(buffer);
  discard(again);
});

test("the smallest that is large enough is lent, and none that is more than twice as large", () => {
  const [large, small] = [lend(4 * MIB), lend(3 * MIB)];
  const [ofLarge, ofSmall] = [bufferOf(large), bufferOf(small)];
  discard(large);
  discard(small);
  expect(bufferOf(lend(2.5 * MIB))).toBe(ofSmall);
  expect(bufferOf(lend(1.9 * MIB))).not.toBe(ofLarge);
  expect(bufferOf(lend(3.5 * MIB))).toBe(ofLarge);
});

test("no more than 12 MiB lie idle: the oldest are let go", () => {
  const [old, late] = [lend(7 * MIB), lend(8 * MIB)];
  const [ofOld, ofLate] = [bufferOf(old), bufferOf(late)];
  discard(old);
  discard(late);
  expect(bufferOf(lend(7 * MIB))).toBe(ofLate);
  expect(bufferOf(lend(7 * MIB))).not.toBe(ofOld);
});

test("small arrays are nobody's to lend", () => {
  const few = lend(100);
  const buffer = bufferOf(few);
  discard(few);
  expect(bufferOf(lend(100))).not.toBe(buffer);
});

const ROWS = 600;
const [X, LABELS] = [Float32Array.from({ length: ROWS * 3 }, (_, i) => Math.sin(i * i)), new Int32Array(ROWS)];
LABELS.forEach((_, i) => {
  LABELS[i] = i % 40;
});
const rows = () => tensor(X, [ROWS, 3], { requiresGrad: true });

function step(x = rows()): Float32Array {
  const value = loss.triplet(x, LABELS, { miner: miner.triplet({ margin: 0.2, type: "semihard" }) });
  value.backward();
  return x.grad?.data() as Float32Array;
}

test("scores that a step kept, and their weights, serve the next one", () => {
  const wanted = step().slice();
  const blocks = [lend(ROWS * ROWS), lend(ROWS * ROWS)];
  for (const block of blocks) expect(floats(block).some((v) => v !== 0)).toBe(true);
  for (const block of blocks) floats(block).fill(Number.NaN);
  blocks.forEach(discard);
  expect(step()).toEqual(wanted);
});

test("a graph that is retained keeps its scores", () => {
  const x = rows();
  const value = loss.triplet(x, LABELS, { miner: miner.triplet({ margin: 0.2, type: "semihard" }) });
  value.backward(undefined, { retainGraph: true });
  const once = Float32Array.from(x.grad?.data() ?? []);
  floats(lend(ROWS * ROWS)).fill(Number.NaN);
  floats(lend(ROWS * ROWS)).fill(Number.NaN);
  x.zeroGrad();
  value.backward();
  expect(x.grad?.data()).toEqual(once);
});
