// What a clean native build costs and what its product asks of a system. Runs alone: see scripts/vitest.mjs.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "vitest";
import { type Prebuilt, prebuilt } from "./package/prebuilt.js";

const MINUTES = 60_000;
const BUDGET_SECONDS = 360; // on two cores
const GLIBC_FLOOR = "2.34";
const SYSTEM_LIBRARIES = /^(lib(c|m|pthread|dl|gcc_s)\.so\.\d+|ld-linux[\w-]*\.so\.\d+)$/;

let built: Prebuilt;
beforeAll(() => {
  built = prebuilt();
}, 9 * MINUTES);

function objdump(flag: string): string {
  const { status, stdout } = spawnSync("objdump", [flag, built.addon], { encoding: "utf8", maxBuffer: 1 << 26 });
  expect(status).toBe(0);
  return stdout;
}

/** The symbols that must come from elsewhere, with their version if they have one. Weak ones may stay away. */
const wanted = () =>
  [...objdump("-T").matchAll(/^[0-9a-f]+ (?!.*\bw\b).*\*UND\*\s+[0-9a-f]+\s+(?:\(?([\w.]+)\)?\s+)?(\w+)$/gm)].map(
    ([, version, name]) => ({ version: version === "Base" ? undefined : version, name: name! }),
  );

const byNumber = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

test("a clean native build keeps its time", () => {
  console.log(`clean native build: ${built.seconds.toFixed(0)} s of ${BUDGET_SECONDS} s`);
  expect(built.seconds).toBeGreaterThan(1);
  expect(built.seconds).toBeLessThanOrEqual(BUDGET_SECONDS);
});

describe.runIf(process.platform === "linux")("the addon", () => {
  test("asks for no newer C library than the floor", () => {
    const versions = [...objdump("-T").matchAll(/\bGLIBC_([\d.]+)/g)].map(([, version]) => version!);
    const highest = versions.sort(byNumber).at(-1)!;
    console.log(`C library needed: glibc ${highest}, floor ${GLIBC_FLOOR}`);
    expect(byNumber(highest, GLIBC_FLOOR)).toBeLessThanOrEqual(0);
  });

  test("brings its own C++ library", () => {
    expect(wanted().filter(({ version }) => /^(GLIBCXX|CXXABI)_/.test(version ?? ""))).toEqual([]);
  });

  test("links nothing but the C library and the unwinder that Node links", () => {
    const libraries = [...objdump("-p").matchAll(/NEEDED\s+(\S+)/g)].map(([, name]) => name!);
    expect(libraries).toContain("libc.so.6");
    expect(libraries.filter((name) => !SYSTEM_LIBRARIES.test(name))).toEqual([]);
  });

  test("asks Node for Node-API 8 and nothing else: no libuv, no V8", () => {
    const { symbols } = createRequire(import.meta.url)("node-api-headers") as {
      symbols: Record<string, { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
    };
    const ofVersion8 = new Set([...symbols.v8!.js_native_api_symbols, ...symbols.v8!.node_api_symbols]);
    const ofNode = wanted().flatMap(({ version, name }) => (version === undefined ? [name] : []));
    expect(ofNode.length).toBeGreaterThan(10);
    expect(ofNode.filter((name) => !ofVersion8.has(name))).toEqual([]);
  });

  test("shows the world its two entry points only", () => {
    const shown = [...objdump("-T").matchAll(/\s\.text\s+[0-9a-f]+\s+(?:\S+\s+)?(\w+)$/gm)].map(([, name]) => name!);
    expect(
      shown.filter(
        (name) => !/^(_?napi_register_module_v1|node_api_module_get_api_version_v1|_init|_fini)$/.test(name),
      ),
    ).toEqual([]);
  });
});
