import { expect, test } from "vitest";
import { DATA, LARGE, POISONS, REDUCED } from "./cases.js";
import { clear, clearance } from "./clear.js";
import { HAIR, isWhole } from "./clearance.js";
import { isFirst, VARIANTS } from "./variants.js";

test("no pair of the cases is so near a threshold that float32 could put it on the other side", () => {
  const all = [...DATA, ...LARGE, ...POISONS, ...REDUCED];
  const close = VARIANTS.filter((variant) => !isWhole(variant)).flatMap((variant) =>
    all.filter((data) => clearance(variant, data) < HAIR).map((data) => `${variant.name}, ${data.name}`),
  );
  expect(close).toEqual([]);
});

test("float32 decides about triplets in few of the cases", () => {
  for (const variant of VARIANTS.filter((one) => isWhole(one) && isFirst(one))) {
    const all = [...DATA, ...REDUCED];
    expect(all.filter((data) => clear(variant, data)).length, variant.name).toBeGreaterThan(all.length / 2);
  }
});
