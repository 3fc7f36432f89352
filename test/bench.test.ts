/** The benchmark's targets name problems by id: one that no run has would be "not measured" for ever. */
import { describe, expect, test } from "vitest";
import { CONTENDERS } from "../bench/contenders/index.js";
import { PRODUCT_FLOAT32 } from "../bench/harness/cells.js";
import { parseOptions } from "../bench/harness/options.js";
import { GROUPS, type Group, groupOf, problems } from "../bench/problems/index.js";
import { bars } from "../bench/report/bars.js";
import type { Results, Row } from "../bench/report/results.js";

const THREADS = 2;

/** A run of these groups in which everything took `ms`, used `extraBytes` and ran at `share` of its wall. */
function run(groups: readonly Group[], ms: number, share: number, extraBytes: number): Results {
  const chosen = problems(false).filter((problem) => groups.includes(groupOf(problem)));
  const names = [...CONTENDERS.map(({ name }) => name), PRODUCT_FLOAT32];
  const time = { median: ms, low: ms, high: ms, kept: 1, taken: 1 };
  const rows = chosen.flatMap(({ id }) =>
    names.map(
      (contender): Row => ({
        problem: id,
        contender,
        threads: THREADS,
        status: "ok",
        time,
        error: 0,
        limit: 1,
        ofCeiling: share,
        extraBytes,
      }),
    ),
  );
  return {
    date: "2026-01-01T00:00:00.000Z",
    commit: "none",
    quick: false,
    machine: { cpu: "none", cores: THREADS, memoryGB: 1, platform: "none", node: "none", isa: "none" },
    versions: {},
    ceilings: [
      {
        threads: THREADS,
        gflops: 100,
        core: "none",
        fmaPeak: 110,
        ofPeak: 0.9,
        valid: true,
        bfloat16: 200,
        bfloat16Library: null,
        bfloat16Peak: 220,
        readGBs: 20,
        differences: 50,
        scalarDifferences: 2,
        candidates: [],
      },
    ],
    problems: chosen.map((problem) => ({ ...problem, group: groupOf(problem) })),
    rows,
    gate: { kept: 1, taken: 1 },
    seconds: 1,
  };
}

describe("the benchmark's targets", () => {
  test("each is judged by a whole run", () => {
    const judged = bars(run(GROUPS, 1, 1, 0));
    expect(judged.length).toBeGreaterThan(40);
    expect(judged.filter(({ reached }) => reached === null)).toEqual([]);
  });

  test("a run of one group judges its own and no others", () => {
    const whole = bars(run(GROUPS, 1, 1, 0)).map(({ title }) => title);
    const [distance, loss, attention] = (["distance", "loss", "attention"] as const).map((group) =>
      bars(run([group], 1, 1, 0)),
    );
    expect([...distance!, ...loss!, ...attention!].map(({ title }) => title)).toEqual(whole);
    expect(distance!.length).toBeGreaterThan(loss!.length);
    expect([...distance!, ...loss!, ...attention!].filter(({ reached }) => reached === null)).toEqual([]);
  });

  test("a share, a memory and a time beyond theirs are missed", () => {
    const missed = (results: Results) =>
      bars(results).flatMap(({ title, reached }) => (reached === false ? [title] : []));
    const good = missed(run(GROUPS, 1, 1, 0));
    const worse = missed(run(GROUPS, 1, 0.1, 1e9)).filter((title) => !good.includes(title));
    const counted = (word: string) => worse.filter((title) => title.includes(word)).length;
    expect([
      counted("of the ceiling"),
      counted("memory beyond"),
      counted("scalar loop"),
      counted("memory reads"),
    ]).toEqual([19, 12, 1, 1]);
    expect(good.some((title) => title.includes("1×1×1: at most 3 µs"))).toBe(true);
    expect(missed(run(GROUPS, 0.001, 1, 0)).some((title) => title.includes("1×1×1: at most 3 µs"))).toBe(false);
  });
});

describe("the benchmark's options", () => {
  test("a word is a group, and another word is refused with the usage", () => {
    expect(parseOptions(["distance", "--quick"])).toMatchObject({ groups: ["distance"], whole: false, quick: true });
    expect(parseOptions([])).toMatchObject({ groups: [], whole: true });
    expect(() => parseOptions(["distances"])).toThrow(/"distances" is no group of problems\nnpm run bench/);
  });
});
