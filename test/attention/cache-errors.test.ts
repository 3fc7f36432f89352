import { describe, expect, test } from "vitest";
import { LatentCache } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { any, zeros } from "./refused.js";

const cache = new LatentCache({ pages: 3, pageSize: 2, latentDim: 4, ropeDim: 2 });
cache.append(1, zeros(3, 4), zeros(3, 2));
const disposed = new LatentCache({ pages: 1, pageSize: 1, latentDim: 1, ropeDim: 1 });
disposed.append(0, zeros(1, 1), zeros(1, 1));
disposed.dispose();
const make = (options: object) => () => new LatentCache({ pages: 1, latentDim: 4, ropeDim: 2, ...options });

const CACHE: readonly Refusal[] = [
  [
    "a page that is no power of two",
    make({ pageSize: 48 }),
    "ERR_ARGUMENT",
    "LatentCache: pageSize must be a power of two, got 48",
  ],
  [
    "a page of nothing",
    make({ pageSize: 0 }),
    "ERR_ARGUMENT",
    `LatentCache: pageSize must be an integer from 1 to ${2 ** 31 - 1}, got 0`,
  ],
  [
    "pages below 0",
    make({ pages: -1 }),
    "ERR_ARGUMENT",
    "LatentCache: pages must be an integer from 0 to 33554431, got -1",
  ],
  [
    "no latent columns",
    make({ latentDim: 0 }),
    "ERR_ARGUMENT",
    `LatentCache: latentDim must be an integer from 1 to ${2 ** 20}, got 0`,
  ],
  [
    "half a rope column",
    make({ ropeDim: 0.5 }),
    "ERR_ARGUMENT",
    `LatentCache: ropeDim must be an integer from 0 to ${2 ** 20}, got 0.5`,
  ],
  [
    "another dtype",
    make({ dtype: "int8" }),
    "ERR_ARGUMENT",
    'LatentCache: dtype must be one of float32, float16, bfloat16, fp8, got "int8"',
  ],
  [
    "an unknown option",
    make({ page: 1 }),
    "ERR_ARGUMENT",
    'LatentCache: there is no option "page"; known are pages, pageSize, latentDim, ropeDim, dtype, device',
  ],
  [
    "too many rows",
    () => cache.append(1, zeros(4, 4), zeros(4, 2)),
    "ERR_MEMORY",
    "LatentCache.append: the cache must have 2 free pages of 2 rows for 4 more, got 1 of 3",
  ],
  [
    "too many rows of a new one",
    () => cache.append(2, zeros(3, 4), zeros(3, 2)),
    "ERR_MEMORY",
    "LatentCache.append: the cache must have 2 free pages of 2 rows for 3 more, got 1 of 3",
  ],
  [
    "wide latents",
    () => cache.append(1, zeros(1, 5), zeros(1, 2)),
    "ERR_SHAPE",
    "LatentCache.append: latent must have 4 columns, got 5",
  ],
  [
    "narrow ropes",
    () => cache.append(1, zeros(1, 4), zeros(1, 1)),
    "ERR_SHAPE",
    "LatentCache.append: rope must have 2 columns, got 1",
  ],
  [
    "other rows",
    () => cache.append(1, zeros(1, 4), zeros(2, 2)),
    "ERR_SHAPE",
    "LatentCache.append: rope must have 1 rows like latent, got 2",
  ],
  [
    "integers",
    () => cache.append(1, tensor(new Int32Array(4), [1, 4]), zeros(1, 2)),
    "ERR_DTYPE",
    'LatentCache.append: latent must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "no id",
    () => cache.append(0.5, zeros(1, 4), zeros(1, 2)),
    "ERR_ARGUMENT",
    "LatentCache.append: sequence must be an integer, got 0.5",
  ],
  [
    "the length of a stranger",
    () => cache.length(9),
    "ERR_ARGUMENT",
    "LatentCache.length: sequence must be the id of a sequence in the cache, got 9",
  ],
  [
    "a stranger freed",
    () => cache.free(9),
    "ERR_ARGUMENT",
    "LatentCache.free: sequence must be the id of a sequence in the cache, got 9",
  ],
  [
    "a stranger cut",
    () => cache.truncate(9, 0),
    "ERR_ARGUMENT",
    "LatentCache.truncate: sequence must be the id of a sequence in the cache, got 9",
  ],
  [
    "a stranger read",
    () => cache.read(9),
    "ERR_ARGUMENT",
    "LatentCache.read: sequence must be the id of a sequence in the cache, got 9",
  ],
  [
    "cut to more",
    () => cache.truncate(1, 4),
    "ERR_ARGUMENT",
    "LatentCache.truncate: length must be an integer from 0 to 3, got 4",
  ],
  [
    "read beyond",
    () => cache.read(1, 0, 4),
    "ERR_ARGUMENT",
    "LatentCache.read: end must be an integer from 0 to 3, got 4",
  ],
  [
    "read backwards",
    () => cache.read(1, 2, 1),
    "ERR_ARGUMENT",
    "LatentCache.read: start must be an integer from 0 to 1, got 2",
  ],
  ...(["length", "free", "truncate", "append", "read", "has"] as const).map(
    (name): Refusal => [
      `${name} of a disposed cache`,
      () => any(disposed)[name](0, zeros(1, 1), zeros(1, 1)),
      "ERR_DISPOSED",
      `LatentCache.${name}: the cache was disposed`,
    ],
  ),
];

describe("LatentCache refuses", () => {
  test.each(CACHE)("%s", async (...refusal) => {
    await expectRefused(refusal);
  });
});

test("what was refused changed nothing", () => {
  const before = new LatentCache({ pages: 2, pageSize: 2, latentDim: 1, ropeDim: 0 });
  before.append(1, tensor([1, 2, 3], [3, 1]), zeros(3, 0));
  const tries = [
    () => before.append(1, tensor([4, 5], [2, 1]), zeros(2, 0)),
    () => before.append(2, tensor([4], [1, 1]), zeros(1, 0)),
    () => before.append(1, tensor([4, 5], [1, 2]), zeros(1, 0)),
    () => before.truncate(1, 9),
    () => before.free(2),
  ];
  for (const attempt of tries) expect(attempt).toThrow();
  expect(before.has(2)).toBe(false);
  expect([...(before.read(1).latent.data() as Float32Array)]).toEqual([1, 2, 3]);
  before.append(1, tensor([4], [1, 1]), zeros(1, 0));
  expect(before.length(1)).toBe(4);
});
