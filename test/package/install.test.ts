// The tarball installed in an empty folder by each package manager, where no compiler can be found, and used.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { barePath, fetchManagers, MANAGERS, type Manager, managerCommand } from "./managers.js";
import { type Prebuilt, prebuilt } from "./prebuilt.js";

const MINUTES = 60_000;
const LINE = `
  import { tensor } from "warpweft";
  import { pairwise, topK } from "warpweft/distance";
  const x = tensor([[0, 0], [3, 4]]);
  const { indices } = topK(x, x, { k: 1, excludeSelf: true });
  console.log(JSON.stringify([pairwise(x).toArray(), indices.toArray()]));`;

let made: Prebuilt;
let folder: string;
let missing: string | undefined;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "warpweft-install-")));
  made = prebuilt();
  missing = fetchManagers();
}, 9 * MINUTES);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function empty(name: string, files: Readonly<Record<string, string>> = {}): string {
  const project = join(folder, name.replaceAll(" ", "-").toLowerCase(), "project");
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, "package.json"), '{ "name": "consumer", "private": true, "type": "module" }');
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
  return project;
}

/** PREBUILDS_ONLY keeps node-gyp-build from looking into any build folder. */
const environment = (bin: string) => ({
  PATH: bin,
  HOME: join(folder, "home"),
  YARN_CACHE_FOLDER: join(folder, "yarn"), // Yarn 1 keeps local tarballs by name and version
  PREBUILDS_ONLY: "1",
  ...registry(),
});

/** What says where packages come from, and what certificates to trust, stays as it is on this machine. */
const registry = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /registry|proxy|cafile|NODE_EXTRA_CA_CERTS|npm_config_cache/i.test(name),
    ),
  );

function install(manager: Manager): string {
  const project = empty(manager.name, manager.files);
  const bin = barePath(dirname(project));
  const [command, ...args] = [...managerCommand(manager), ...manager.add(made.tarball)];
  const { status, stdout, stderr } = spawnSync(command!, args, {
    cwd: project,
    env: environment(bin),
    encoding: "utf8",
  });
  expect(`${stdout}${stderr}`).not.toMatch(/node-gyp rebuild|ignored build|blocked \d+ (post)?install/i);
  expect(status, `${stdout}${stderr}`).toBe(0);
  return project;
}

const node = (project: string, program: string) =>
  spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    env: environment(join(dirname(project), "bin")),
    encoding: "utf8",
  });

describe.each(MANAGERS)("$name", (manager) => {
  test("installs it without a compiler, and it works", { timeout: 3 * MINUTES }, (context) => {
    if (manager.file && missing) context.skip(missing);
    const { status, stdout, stderr } = node(install(manager), LINE);
    expect(stderr).toBe("");
    expect(stdout.trim()).toBe("[[[0,5],[5,0]],[[1],[0]]]");
    expect(status).toBe(0);
  });
});

test("a missing prebuilt file is an error in words", { timeout: 3 * MINUTES }, () => {
  const project = install({ ...MANAGERS[0]!, name: "npm without prebuilds" });
  const installed = join(project, "node_modules", "warpweft");
  rmSync(join(installed, "prebuilds"), { recursive: true });
  expect(readdirSync(installed)).not.toContain("prebuilds");
  const { status, stderr } = node(project, LINE);
  expect(status).toBe(1);
  expect(stderr).toContain(`could not be loaded on ${process.platform}-${process.arch}`);
  expect(stderr).toContain(`Node ${process.versions.node}`);
  expect(stderr).toContain(join(installed, "prebuilds", `${process.platform}-${process.arch}`));
  expect(stderr).toMatch(/What to do:/);
});
