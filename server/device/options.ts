/**
 * What the command line of the device says, and the password, which is never on it.
 *
 * Decision: a password in the arguments is read by everybody on the machine, and one in the environment by every
 * child. It comes from a file, or from the terminal without echo. What cannot be understood ends with one sentence.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** The command line is wrong; the message is for whoever typed it. */
export class UsageError extends Error {}

export interface Options {
  /** Origin of the bridge, without a slash at the end. */
  url: string;
  user: string;
  passwordFile: string | null;
  cursorFile: string | null;
  /** Whole frames instead of lines. */
  json: boolean;
  /** End when caught up. */
  once: boolean;
  /** Steps of a call, as they are sent; null: only listen. */
  steps: unknown[] | null;
}

export const USAGE = `npm run device -- --url http://127.0.0.1:8080 --user name@example.org [options]
  --password-file f   read the password from the first line of f; without it the terminal asks
  --cursor f          keep the place in the history in f, and go on from there
  --once              end when caught up
  --call '[steps]'    send one call (JSON list of steps), end with its receipt
  --json              print whole frames, one a line
Ends with 0 when done, 1 when the call was refused, 2 for a wrong command line, 3 when not signed in or let in.`;

/** Reads arguments. Throws UsageError. */
export function readOptions(args: string[]): Options {
  const { values } = parse(args);
  const { url, user, call } = values;
  if (!url || !user) throw new UsageError(`--url and --user are needed.\n${USAGE}`);
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== '/' || parsed.username)
    throw new UsageError('--url must be like http://127.0.0.1:8080.');
  return {
    url: parsed.origin,
    user,
    passwordFile: values['password-file'] ?? null,
    cursorFile: values.cursor ?? null,
    json: values.json ?? false,
    once: values.once ?? false,
    steps: call === undefined ? null : readSteps(call),
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const yes = { type: 'boolean' } as const;
  const options = { url: text, user: text, 'password-file': text, cursor: text, call: text } as const;
  try {
    return parseArgs({ args, options: { ...options, json: yes, once: yes } });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'Not understood.'}\n${USAGE}`, {
      cause: error,
    });
  }
}

function readSteps(text: string): unknown[] {
  try {
    const steps: unknown = JSON.parse(text);
    if (Array.isArray(steps) && steps.length > 0) return steps;
  } catch (error) {
    throw new UsageError('--call is not JSON.', { cause: error });
  }
  throw new UsageError('--call must be a JSON list of steps.');
}

/** The password: the first line of the file, or what is typed. Throws UsageError. */
export async function readPassword(file: string | null): Promise<string> {
  if (file === null) return ask();
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new UsageError('--password-file cannot be read.', { cause: error });
  }
}

/** Asks on the terminal without echo. */
function ask(): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new UsageError('There is no terminal to ask: give --password-file.');
  stderr.write('Password: ');
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const over = () => {
      stdin.off('data', take).setRawMode(false).pause();
      stderr.write('\n');
    };
    const take = (text: string) => {
      for (const char of text) {
        if (char === '\r' || char === '\n') return (over(), resolve(typed));
        if (char === '\u0003') return (over(), reject(new UsageError('Given up.')));
        typed = char === '\u007f' ? typed.slice(0, -1) : typed + char;
      }
    };
    stdin.on('data', take);
  });
}
