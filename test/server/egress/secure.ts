/**
 * A https server on loopback for one test, with a certificate made on the spot, and a gate that leads to it.
 *
 * Decision: the certificate and the TLS are real, so a wrong name on it is found out as in the world. Only the
 * guard's answer is made up: it gives the address on loopback where the real one would give a public address, and
 * passes everything else to the real guard.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gate } from '../../../server/egress/fetch.ts';
import { Guard } from '../../../server/egress/guard.ts';
import { after, type Ending } from '../../support/after.ts';

export interface Secure {
  /** Certificate to trust, PEM. */
  ca: string;
  /** Leads `names` to the server; asks the real guard about every other. */
  gate: Gate;
}

/** Starts the server for `t`; its certificate is for `names`. */
export async function startSecure(t: Ending, names: string[], listener: RequestListener): Promise<Secure> {
  const { key, cert } = makeCertificate(t, names);
  const server = createServer({ key, cert }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(t, () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const guard = new Guard({ dns: { addresses: async () => ['127.0.0.1'] }, own: () => [] });
  const gate: Gate = {
    check: async (host, at, purpose) =>
      host.endsWith('.example')
        ? { host: '127.0.0.1', port, servername: host }
        : guard.check(host, at, purpose),
  };
  return { ca: cert, gate };
}

function makeCertificate(t: Ending, names: string[]): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pimento-cert-'));
  after(t, () => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  const make = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
  execFileSync('openssl', [...make.split(' '), '-keyout', key, '-out', cert, '-addext', subject], {
    stdio: 'pipe',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
