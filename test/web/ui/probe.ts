/**
 * The rooms under test, hung where a test in the browser can reach them. Bundled by `html.test.ts` as the app bundles
 * them; it is not a test itself.
 */
import * as cage from '../../../web/ui/cage.ts';
import * as html from '../../../web/ui/html.ts';

declare global {
  interface Window {
    html: typeof html;
    cage: typeof cage;
    ran: number;
  }
}

Object.assign(window, { html, cage });
