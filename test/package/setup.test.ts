// The set-up on machines that lack something: what it runs, or what it tells people to run.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { barePath } from "./managers.js";

const isRoot = process.getuid?.() === 0;
/** A user that is not root: ourselves, or nobody if that one may run this Node. */
const user = isRoot ? 65534 : undefined;
const haveUser = !isRoot || spawnSync(process.execPath, ["-e", ""], { uid: 65534, gid: 65534 }).status === 0;

let folder: string;
let bin: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "warpweft-setup-"));
  chmodSync(folder, 0o755);
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
  cpSync(join(root, "package-lock.json"), join(folder, "package-lock.json"));
  bin = barePath(folder);
  mkdirSync(join(folder, "log"));
  chmodSync(join(folder, "log"), 0o777);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that notes how it was called, and ends with `status`. */
function fake(name: string, status = 0): void {
  const log = join(folder, "log", "calls");
  writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $* [$DEBIAN_FRONTEND]" >> ${log}\nexit ${status}\n`, {
    mode: 0o755,
  });
}

function calls(): string[] {
  const log = join(folder, "log", "calls");
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
}

function setup(uid?: number) {
  const { status, stdout, stderr } = spawnSync(join(bin, "node"), [join(folder, "scripts/setup.mjs")], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: bin },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { status, said: `${stdout}${stderr}` };
}

describe.runIf(process.platform === "linux")("system packages", () => {
  test("without apt, their names are given", () => {
    const { status, said } = setup();
    expect(status).toBe(1);
    expect(said).toMatch(/These Debian packages, or your system's names for them, are needed first: /);
    expect(said).toMatch(/g\+\+ cmake make\.$/m); // Ninja and Highway's headers are replaceable
  });

  test.runIf(isRoot)("as root they are installed: the lists first, and without questions", () => {
    fake("apt-get");
    const { status, said } = setup();
    expect(calls()[0]).toMatch(/^apt-get -q update \[noninteractive\]$/);
    expect(calls()[1]).toMatch(
      /^apt-get -q install -y --no-install-recommends g\+\+ cmake ninja-build make.* \[noninteractive\]$/,
    );
    expect(calls()).toHaveLength(2);
    expect(status).toBe(1); // the fake installs nothing, and that is noticed
    expect(said).toMatch(/are still missing after the installation/);
  });

  test.runIf(isRoot)("a failing apt stops the set-up with the command that failed", () => {
    fake("apt-get", 100);
    const { status, said } = setup();
    expect(calls()).toHaveLength(1);
    expect(said).toMatch(
      /Installing system packages failed: `env DEBIAN_FRONTEND=noninteractive apt-get -q update` ended with 100/,
    );
    expect(status).toBe(1);
  });

  test.runIf(haveUser)("with sudo that asks no password, through sudo", () => {
    fake("apt-get");
    fake("sudo");
    setup(user);
    expect(calls()[0]).toMatch(/^sudo -n true /);
    expect(calls()[1]).toMatch(/^sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update/);
  });

  test.runIf(haveUser)("where a password would be asked, the exact command is printed and nothing is run", () => {
    fake("apt-get");
    fake("sudo", 1);
    const { status, said } = setup(user);
    expect(calls().filter((call) => !call.startsWith("sudo -n true"))).toEqual([]);
    expect(said).toMatch(/sudo apt-get update && sudo apt-get install -y g\+\+ cmake ninja-build make/);
    expect(status).toBe(1);
  });
});

test("a Node that is too old is told so", () => {
  const script = join(folder, "scripts/setup.mjs");
  writeFileSync(script, readFileSync(script, "utf8").replace("[20, 19]", "[99, 0]"));
  const { status, said } = setup();
  expect(status).toBe(1);
  expect(said).toContain(`Node 99.0 or newer is needed; this is ${process.versions.node}.`);
});

test("a finished set-up is recognised: nothing runs, within a second", () => {
  const once = () => {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/setup.mjs", "--for-tests"], {
      cwd: root,
      encoding: "utf8",
    });
    return { status, said: `${stdout}${stderr}`, milliseconds: performance.now() - start };
  };
  expect(once().status).toBe(0); // after test:only something may have been left to do
  const again = [once(), once(), once()];
  expect(again.map(({ said }) => said)).toEqual(["", "", ""]);
  expect(Math.min(...again.map(({ milliseconds }) => milliseconds))).toBeLessThan(1000);
});
