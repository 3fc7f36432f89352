export interface Progress {
  update(done: number, note: string): void;
}

/** As much of a stream as is needed: process.stderr is one. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 40;
const LINES_WITHOUT_TERMINAL = 4;

export const silent: Progress = { update() {} };

/** A bar that redraws in place on a terminal, and a few plain lines in a log. */
export function progress(title: string, total: number, output: Output = process.stderr): Progress {
  return output.isTTY ? bar(title, total, output) : lines(title, total, output);
}

function bar(title: string, total: number, output: Output): Progress {
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update(done, note) {
      const now = performance.now();
      if (done < total && now - drawn < REDRAW_MS) return;
      drawn = now;
      const numbers = `${String(done).padStart(String(total).length)}/${total}  ${note}`;
      const room = (output.columns || 80) - title.length - numbers.length - 5;
      const width = Math.max(0, Math.min(30, room));
      const filled = Math.round((done / total) * width);
      const drawing = "━".repeat(filled) + "─".repeat(width - filled);
      output.write(`\r${title}  ${drawing}  ${numbers}\u001b[K${done === total ? "\n" : ""}`);
    },
  };
}

function lines(title: string, total: number, output: Output): Progress {
  let told = 0;
  return {
    update(done, note) {
      const part = Math.floor((done / total) * LINES_WITHOUT_TERMINAL);
      if (part === told) return;
      told = part;
      output.write(`${title}  ${done}/${total}  ${note}\n`);
    },
  };
}
