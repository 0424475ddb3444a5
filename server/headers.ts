/**
 * The headers every answer carries, and the one policy the app lives under.
 *
 * Decision: one policy for everything but attachments, so there is no answer that forgot it. The app may load
 * only what came with it and talk only to its own bridge; a mail is shown in a frame that inherits all this and
 * can only be stricter (`style-src 'unsafe-inline'` and `data:` are there for that frame). Scripts come from
 * files, and strings become markup only through the three named Trusted Types policies.
 */
import type { Origins } from './origins.ts';

const FEATURES = ['camera', 'microphone', 'geolocation', 'usb', 'payment'];

/** `sockets`: the ws/wss origins the app may open a tunnel to; not every browser's 'self' covers them. */
function policy(sockets: readonly string[]): string {
  return [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data: blob:`,
    `font-src 'self'`,
    ['connect-src', `'self'`, ...sockets].join(' '),
    `worker-src 'self'`,
    `manifest-src 'self'`,
    `media-src blob:`,
    `frame-src 'none'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `object-src 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types mail-frame dompurify app`,
  ].join('; ');
}

/** The headers of an answer to `host`. HSTS only where people come by https (RFC 6797 §7.2). */
export function securityHeaders(origins: Origins, host: string | undefined): Record<string, string> {
  // A source list cannot name an IPv6 literal (CSP3 §2.3.1): there 'self' alone must do.
  const sockets = origins
    .list()
    .filter((origin) => !origin.includes('['))
    .map((origin) => origin.replace(/^http/, 'ws'));
  return {
    'content-security-policy': policy(sockets),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': FEATURES.map((feature) => `${feature}=()`).join(', '),
    'x-dns-prefetch-control': 'off',
    'origin-agent-cluster': '?1',
    ...(origins.secure(host) ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}
