/**
 * Figures as a person reads them: one table a part, and beside each claim its budget and whether it was met.
 *
 * Decision: a missed budget is a figure, not a failure: the bench says so and goes on. It fails only when a part
 * breaks, for instance when a device holds something else than the server.
 */

/** Prints a table: the first column to the left, the others to the right. */
export function table(title: string, head: string[], rows: (string | number)[][]): void {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: string[]) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ');
  const [first = [], ...rest] = cells;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  process.stdout.write(`\n${title}\n${[line(first), rule, ...rest.map(line)].join('\n')}\n`);
}

/** `met` or `missed`: a figure that must not be above its budget. */
export function verdict(figure: number, budget: number): 'met' | 'missed' {
  return figure <= budget ? 'met' : 'missed';
}

/** A share as a percentage with one decimal. */
export function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** Whole bytes with thin groups, for instance `12 345`. */
export function grouped(n: number): string {
  return String(Math.round(n)).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
