// What the virtual GPU counted, read from its report and added up by kernel.
import { readFileSync } from "node:fs";

export interface Launch {
  readonly kernel: string;
  readonly thread_instructions: Readonly<Record<string, number>>;
  readonly tensor_operations: number;
  readonly float_operations: number;
  readonly global_read_sectors: number;
  readonly global_written_sectors: number;
  readonly shared_wavefronts: number;
  readonly shared_conflicts: number;
}

export interface Counted {
  readonly kernel: string;
  launches: number;
  instructions: number;
  tensor: number;
  float: number;
  read: number;
  written: number;
  wavefronts: number;
  conflicts: number;
}

export const readReport = (file: string): Launch[] => JSON.parse(readFileSync(file, "utf8")) as Launch[];

const none = (kernel: string): Counted => ({
  kernel,
  launches: 0,
  instructions: 0,
  tensor: 0,
  float: 0,
  read: 0,
  written: 0,
  wavefronts: 0,
  conflicts: 0,
});

function add(to: Counted, launch: Launch): Counted {
  to.launches += 1;
  to.instructions += launch.thread_instructions.total ?? 0;
  to.tensor += launch.tensor_operations;
  to.float += launch.float_operations;
  to.read += launch.global_read_sectors;
  to.written += launch.global_written_sectors;
  to.wavefronts += launch.shared_wavefronts;
  to.conflicts += launch.shared_conflicts;
  return to;
}

export function byKernel(launches: readonly Launch[]): Counted[] {
  const kernels = new Map<string, Counted>();
  for (const launch of launches)
    kernels.set(launch.kernel, add(kernels.get(launch.kernel) ?? none(launch.kernel), launch));
  return [...kernels.values()];
}

export const inAll = (launches: readonly Launch[]): Counted =>
  launches.reduce<Counted>((sum, launch) => add(sum, launch), none("all"));

/** The share of the arithmetic that tensor cores do. */
export const tensorShare = ({ tensor, float }: Counted): number => tensor / Math.max(1, tensor + float);
