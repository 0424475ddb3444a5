/**
 * What the rooms of the bridge may say to the log, and what never gets there.
 *
 * Decision: a line holds ids, counts, codes and fixed words; never an address, subject, body or credential
 * (protocol X4). An error's message often quotes what it choked on (a JSON error quotes the password it could not
 * read), so of an error only its name, its code and where it happened are written. Redaction is the second
 * net, for a field somebody passes by mistake.
 */

type Write = (fields: object, text: string) => void;

/** The part of pino's logger we use. */
export interface Log {
  fatal: Write;
  error: Write;
  warn: Write;
  info: Write;
  debug: Write;
  trace: Write;
}

const SECRET = [
  'password',
  'pass',
  'token',
  'auth',
  'secret',
  'cookie',
  'authorization',
  'body',
  'subject',
  'html',
];

/** Field paths pino blanks, at the top of a line and one or two levels down. */
export const REDACT: readonly string[] = SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** An error as it may be logged: its name, its code, the frames of its stack. `message` is always withheld. */
export interface LoggedError {
  [key: string]: unknown;
  type: string;
  message: '…';
  stack: string;
}

/** Describes an error for the log; what was described already stays as it is. */
export function describeError(error: unknown): LoggedError {
  if (wasDescribed(error)) return error;
  if (!(error instanceof Error)) return { type: typeof error, message: '…', stack: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: '…',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack: frames.slice(0, 12).join('\n'),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
  };
}

function wasDescribed(error: unknown): error is LoggedError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'message' in error &&
    error.message === '…' &&
    'stack' in error
  );
}
