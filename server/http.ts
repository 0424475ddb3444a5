/**
 * The only file that knows Fastify and its plugins: limits, the log, cookies, the socket upgrade, one error answer.
 *
 * Decision: whatever goes wrong is answered with a Problem whose words are ours, never with a stack or a
 * message from inside. A line is logged for each answer with the route's pattern, not its path. Limits are those
 * of a server that faces the open network, so that a stranger can hold neither memory nor time.
 */
import cookie from '@fastify/cookie';
import websocket, { type WebSocket } from '@fastify/websocket';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { LIMITS, type Problem } from '../shared/protocol.ts';
import type { Level } from './config.ts';
import { describeError, type Log, REDACT } from './log.ts';

export type App = FastifyInstance;
export type Request = FastifyRequest;
export type Reply = FastifyReply;
export type Socket = WebSocket;
export type AppLog = FastifyBaseLogger;

/** A refused request. `message` is shown to the person. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds, for the Retry-After header (RFC 9110 §10.2.3). */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, message: string, retryAfter: number | null = null) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** What Fastify itself refuses, in our words. */
const WORDS: Readonly<Record<number, Problem>> = {
  400: { code: 'bad-request', message: 'The bridge did not understand this request.' },
  404: { code: 'not-found', message: 'There is nothing here.' },
  405: { code: 'not-found', message: 'There is nothing here.' },
  413: { code: 'too-large', message: 'This request is too large.' },
  415: { code: 'bad-request', message: 'This request must be JSON.' },
};
const INTERNAL: Problem = { code: 'internal', message: 'Something went wrong on the bridge. Try again.' };

/**
 * A log that writes JSON lines to `stream`. It is the pino that comes with Fastify, borrowed from an instance that
 * never listens: the accounts need a log before there is an app.
 */
export function createLog(level: Level, stream: { write(line: string): void } = process.stderr): AppLog {
  const logger = {
    level,
    stream,
    redact: { paths: [...REDACT], censor: '…' },
    base: null,
    serializers: { err: describeError, error: describeError, req: () => ({}), res: () => ({}) },
    hooks: { logMethod: wordless },
  };
  return Fastify({ logger }).log;
}

/** Keeps pino from making an error's message the text of a line, as it does when there is no other. */
function wordless(this: unknown, args: unknown[], method: (...args: unknown[]) => void): void {
  const [first, text, ...rest] = args;
  const fields = first instanceof Error ? { err: first } : first;
  const err = typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : null;
  const safe = err instanceof Error && (text === undefined || text === err.message) ? 'an error' : text;
  method.call(this, fields, safe, ...rest);
}

/** An instance with limits, cookies, sockets and the error answer; routes are the caller's. */
export async function createHttp(log: AppLog, trustProxy: string[] | null): Promise<App> {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustProxy ?? false,
    bodyLimit: 1_048_576,
    requestTimeout: 30_000,
    maxRequestsPerSocket: 1000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    http: { maxHeaderSize: 16_384 },
  });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, request, reply) => answerError(log, error, request, reply));
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? '-';
    log.debug({ id: request.id, method: request.method, route, status: reply.statusCode }, 'answered');
  });
  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: LIMITS.frameUp, perMessageDeflate: false, clientTracking: false },
    errorHandler: (error, socket) => {
      log.info({ err: error }, 'socket broke');
      socket.terminate();
    },
    // The tunnel says goodbye to its sockets itself, with a code that tells the app what to do next.
    preClose: (done) => done(),
  });
  return app;
}

async function answerError(log: Log, error: unknown, request: Request, reply: Reply): Promise<Reply> {
  reply.header('cache-control', 'no-store');
  if (error instanceof Refusal) {
    if (error.retryAfter !== null) reply.header('retry-after', error.retryAfter);
    return reply.code(error.status).send({ code: error.code, message: error.message } satisfies Problem);
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) return reply.code(status).send(WORDS[status] ?? WORDS[400]);
  log.error({ id: request.id, route: request.routeOptions.url, err: error }, 'a request failed');
  return reply.code(500).send(INTERNAL);
}
