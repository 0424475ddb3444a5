/**
 * The figures of this process as Prometheus reads them (text format 0.0.4).
 *
 * Decision: a writer of our own, for the format is a few lines and a library is many. Counts only: no label holds an
 * address or an id, so the figures may be kept by whoever keeps figures.
 */

/** One family of figures. `values`: by the labels in braces, '' for none. */
export interface Figure {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  values: Record<string, number>;
}

/** Content type of what `expose` gives. */
export const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes figures, each name with `pimento_` before it. */
export function expose(figures: Figure[]): string {
  return figures
    .map(({ name, help, type, values }) => {
      const full = `pimento_${name}`;
      const lines = Object.entries(values).map(([labels, value]) => `${full}${labels} ${value}\n`);
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
    })
    .join('');
}

/** What of a TCP connection is counted (node:net Socket). */
interface Line {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Counts what passes over the tunnels, those that are open and those that were. */
export class Traffic {
  readonly #open = new Set<Line>();
  #up = 0;
  #down = 0;
  #frames = 0;

  opened(line: Line): void {
    this.#open.add(line);
  }

  frame(): void {
    this.#frames += 1;
  }

  closed(line: Line): void {
    if (!this.#open.delete(line)) return;
    this.#up += line.bytesRead;
    this.#down += line.bytesWritten;
  }

  /** Bytes as they passed on TCP, the upgrade included; frames as devices sent them. */
  figures(): { sockets: number; up: number; down: number; frames: number } {
    const open = [...this.#open];
    const sum = (of: (line: Line) => number) => open.reduce((total, line) => total + of(line), 0);
    const up = this.#up + sum((line) => line.bytesRead);
    const down = this.#down + sum((line) => line.bytesWritten);
    return { sockets: open.length, up, down, frames: this.#frames };
  }
}
