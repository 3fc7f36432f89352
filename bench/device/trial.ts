// One problem, once, in a process of its own: trial.ts '{"id":…,"shape":…}'. With PTXVM_REPORT set the virtual GPU notes what it did.
import { loadApi } from "./api.js";
import { type DType, deviceProblems, make, type Shape } from "./problems.js";

const { id, shape, dtype } = JSON.parse(process.argv[2] ?? "{}") as { id: string; shape: Shape; dtype: DType };
const problem = deviceProblems(shape, [dtype]).find((candidate) => candidate.id === id);
if (!problem) throw new Error(`no problem ${id}`);
const api = await loadApi();
await problem.run(api, make(api, problem, "cuda"));
