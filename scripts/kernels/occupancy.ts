/** How many warps of a kernel share a multiprocessor, by the limits of the CUDA programming guide. */

export interface Chip {
  readonly name: string;
  readonly warps: number;
  readonly blocks: number;
  /** Bytes of shared memory a multiprocessor can give to blocks. */
  readonly shared: number;
}

export const CHIPS: Readonly<Record<string, Chip>> = {
  80: { name: "A100", warps: 64, blocks: 32, shared: 164 * 1024 },
  86: { name: "RTX 30", warps: 48, blocks: 16, shared: 100 * 1024 },
  89: { name: "RTX 40, L40", warps: 48, blocks: 24, shared: 100 * 1024 },
  90: { name: "H100", warps: 64, blocks: 32, shared: 228 * 1024 },
  100: { name: "B200", warps: 64, blocks: 32, shared: 228 * 1024 },
  120: { name: "RTX 50", warps: 48, blocks: 24, shared: 100 * 1024 },
};

const REGISTERS = 65536;
/** Registers are given to a warp in units of 256, and each block costs 1 KiB of shared memory beside its own. */
const REGISTER_UNIT = 256;
const SHARED_OF_BLOCK = 1024;

export function warpsResident(chip: Chip, registers: number, shared: number, threads: number): number {
  const warps = Math.ceil(threads / 32);
  const ofWarp = Math.ceil((registers * 32) / REGISTER_UNIT) * REGISTER_UNIT;
  const blocks = Math.min(
    chip.blocks,
    Math.floor(chip.warps / warps),
    Math.floor(Math.floor(REGISTERS / ofWarp) / warps),
    Math.floor(chip.shared / (shared + SHARED_OF_BLOCK)),
  );
  return blocks * warps;
}
