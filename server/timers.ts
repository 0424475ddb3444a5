/**
 * Waiting, as an argument: what waits minutes by design is handed its clock, so a test lets them pass at once.
 */
export interface Timers {
  /** Calls `work` once, `ms` milliseconds from now, unless the answer is called first. */
  after: (ms: number, work: () => void) => () => void;
}

/** The clock on the wall. */
export const wallTimers: Timers = {
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
