/**
 * Tidying up after a test: newest first, and all of it.
 *
 * Decision: `t.after` alone runs hooks oldest first and stops at the first that throws, so a folder would be removed
 * under a running server, and one failure would leave the others running. Here the bridge stops before the servers
 * it talks to, and everything is tried; failures are reported together.
 */
/** What is needed of node:test's TestContext. */
export interface Ending {
  after: (task: () => Promise<void>) => void;
}

type Task = () => unknown;

const tasks = new WeakMap<Ending, Task[]>();

async function runAll(list: Task[]): Promise<void> {
  const failures: unknown[] = [];
  for (let task = list.pop(); task !== undefined; task = list.pop()) {
    try {
      await task();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'tidying up failed');
}

/** Runs `task` when `t` ends, before everything registered earlier. */
export function after(t: Ending, task: Task): void {
  const known = tasks.get(t);
  if (known !== undefined) {
    known.push(task);
    return;
  }
  const list = [task];
  tasks.set(t, list);
  t.after(() => runAll(list));
}
