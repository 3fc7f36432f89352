import { expect, test } from "vitest";
import { run } from "./run.js";

test("bfloat16 finds nearly the same neighbours as float32", () => {
  const { status, stdout, stderr } = run("examples/search.ts");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [, shared] = /^([\d.]+) % of the neighbours are the same$/m.exec(stdout)!;
  expect(Number(shared)).toBeGreaterThan(90);
  expect(Number(shared)).toBeLessThan(100);
}, 120_000);
