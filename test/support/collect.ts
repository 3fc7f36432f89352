const { gc } = globalThis as { gc?: () => void };

/** What nobody points at any more is collected, and its finalizers have run. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
