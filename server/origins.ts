/**
 * Who may talk to this bridge: the exact origins of its own app, and nobody else's page.
 *
 * Decision: one list answers four questions: is this Origin ours (sockets, sign-in), is this Host ours (DNS
 * rebinding), does the cookie need Secure, and where may the app connect to. Without PIMENTO_ORIGIN the list is
 * localhost under its three names, at the port the bridge listens on, so it is asked for when it is used.
 */
export class Origins {
  readonly #configured: readonly string[] | null;
  readonly #port: () => number;

  constructor(configured: readonly string[] | null, port: () => number) {
    this.#configured = configured;
    this.#port = port;
  }

  list(): readonly string[] {
    const port = this.#port();
    return (
      this.#configured ??
      ['localhost', '127.0.0.1', '[::1]'].map((host) => new URL(`http://${host}:${port}`).origin)
    );
  }

  /** The Origin header, exactly (RFC 6454 §7). Missing and `null` are not ours. */
  allows(origin: string | undefined): boolean {
    return origin !== undefined && this.list().includes(origin);
  }

  /** The Host header: the host, and the port where it is not the scheme's own (RFC 9110 §7.2). */
  knows(host: string | undefined): boolean {
    return this.#at(host).length > 0;
  }

  /** True where people reach this host by https, so that the cookie is Secure and HSTS is sent. */
  secure(host: string | undefined): boolean {
    return this.#at(host).some((origin) => origin.startsWith('https:'));
  }

  #at(host: string | undefined): string[] {
    if (!host) return [];
    const name = host.toLowerCase();
    return this.list().filter((origin) => {
      const url = new URL(origin);
      return (
        name === url.host ||
        (name === `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` && url.port === '')
      );
    });
  }
}
