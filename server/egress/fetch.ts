/**
 * Fetches a small text over https from a host somebody else named.
 *
 * Decision: each hop passes the guard, and the connection goes to the address the guard gave, with the name for
 * SNI, Host and the certificate. Redirects are followed here, one by one, so that none slips past. Everything has
 * a limit: hops, bytes, headers, time. No proxy is taken from the environment, as it would resolve the name again;
 * no cookie, no credentials and no compression, which could hide the size.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Reached } from '../mailserver.ts';
import type { Purpose } from './guard.ts';

/** The guard, or what stands in for it in a test. */
export interface Gate {
  check(host: string, port: number, purpose: Purpose): Promise<Reached>;
}

export interface FetchLimits {
  /** Ends the whole of it: time is the caller's to measure. */
  signal: AbortSignal;
  /** Longest body, bytes. Default 64 KiB. */
  bytes?: number;
  /** Redirects that are followed. Default 3. */
  redirects?: number;
  /** Certificates to trust in place of the system's, PEM. */
  ca?: string;
}

const BYTES = 64 << 10;
const REDIRECTS = 3;
const HEADERS = 16 << 10;
const REDIRECT = new Set([301, 302, 303, 307, 308]);

/**
 * The body at `url` as UTF-8 text, from an answer of 200. Throws an Error that says what is wrong: for the log,
 * not for the person. EgressRefused where the guard said no, at the first hop or a later one.
 */
export async function fetchText(gate: Gate, url: string, limits: FetchLimits): Promise<string> {
  const hops = limits.redirects ?? REDIRECTS;
  let next = httpsUrl(url);
  for (let hop = 0; hop <= hops; hop += 1) {
    const reached = await gate.check(next.hostname, Number(next.port || 443), 'https');
    const answer = await ask(next, reached, limits);
    if (!REDIRECT.has(answer.statusCode ?? 0)) return body(answer, limits.bytes ?? BYTES);
    const location = answer.headers.location;
    answer.destroy();
    if (location === undefined) throw new Error('a redirect that says not where');
    next = httpsUrl(location, next);
  }
  throw new Error(`more than ${hops} redirects`);
}

function httpsUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base)) throw new Error('not a URL');
  const url = new URL(text, base);
  if (url.protocol !== 'https:') throw new Error('not https');
  if (url.username || url.password) throw new Error('a URL with a user in it');
  return url;
}

/** Sends the request to the checked address and waits for the head of the answer. */
function ask(url: URL, reached: Reached, { signal, ca }: FetchLimits): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request({
      host: reached.host,
      port: reached.port,
      servername: reached.servername ?? '',
      path: url.pathname + url.search,
      headers: { host: url.host, accept: 'text/xml, application/xml', 'accept-encoding': 'identity' },
      agent: new Agent({ keepAlive: false }),
      minVersion: 'TLSv1.2',
      maxHeaderSize: HEADERS,
      signal,
      ...(ca === undefined ? {} : { ca }),
    });
    asking.on('response', resolve);
    asking.on('error', reject);
    asking.end();
  });
}

async function body(answer: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (answer.statusCode !== 200) throw new Error(`the answer is ${answer.statusCode}`);
    const coding = answer.headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity') throw new Error('the answer is compressed');
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new Error(`the answer is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } finally {
    answer.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}
